using System.Globalization;
using Realm.Bench;

// What is measured, and its arguments; a line of output for each figure, fields apart by `|`.
switch (args)
{
    case ["sampling", string vocabulary]:
        Sampling.Measure(int.Parse(vocabulary, CultureInfo.InvariantCulture));
        break;
    case ["kernels", string format]:
        Kernels.Measure(format);
        break;
    case ["grammars", string model, string suite]:
        Grammars.Measure(model, suite);
        break;
    default:
        Console.Error.WriteLine("engine sampling VOCABULARY | engine kernels FORMAT | engine grammars MODEL SUITE");
        return 2;
}
return 0;
