using System.Globalization;
using Realm.Bench;

// What is measured, and its one argument; a line of output for each figure, fields apart by `|`.
switch (args)
{
    case ["sampling", string vocabulary]:
        Sampling.Measure(int.Parse(vocabulary, CultureInfo.InvariantCulture));
        break;
    case ["kernels", string format]:
        Kernels.Measure(format);
        break;
    default:
        Console.Error.WriteLine("engine sampling VOCABULARY | engine kernels FORMAT");
        return 2;
}
return 0;
