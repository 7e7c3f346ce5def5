using System.Text;
using Realm.Abi;

namespace Realm.Tests.Abi;

/// <summary>Calls the exports as C does, by their addresses.</summary>
internal static unsafe class Calls
{
    public static (int Status, string Message) Call(Func<nint, int> call)
    {
        RealmError error = default;
        int status = call((nint)(&error));
        string message = Encoding.UTF8.GetString(error.Message, (int)error.Length);
        return (status, message);
    }

    public static (int Status, string Message, uint Id) Add(byte[] bytes, uint wanted = 0)
    {
        uint id = 0;
        fixed (byte* p = bytes)
        {
            byte* data = p;
            delegate* unmanaged<byte*, ulong, uint, uint*, RealmError*, int> add = &StoredExports.AddBytes;
            uint* to = &id;
            (int status, string message) = Call(error => add(data, (ulong)bytes.Length, wanted, to, (RealmError*)error));
            return (status, message, id);
        }
    }

    public static (int Status, string Message, uint Id) AddPath(string path, uint wanted = 0)
    {
        uint id = 0;
        byte[] text = Encoding.UTF8.GetBytes(path);
        fixed (byte* p = text)
        {
            byte* data = p;
            delegate* unmanaged<byte*, ulong, uint, uint*, RealmError*, int> add = &StoredExports.AddPath;
            uint* to = &id;
            (int status, string message) = Call(error => add(data, (ulong)text.Length, wanted, to, (RealmError*)error));
            return (status, message, id);
        }
    }

    public static (int Status, string Message, uint Id) AddModel(ulong model)
    {
        uint id = 0;
        uint* to = &id;
        delegate* unmanaged<ulong, uint*, RealmError*, int> add = &StoredExports.AddModel;
        (int status, string message) = Call(error => add(model, to, (RealmError*)error));
        return (status, message, id);
    }

    public static (int Status, string Message, ulong Model) OpenStored(uint id)
    {
        ulong model = 0;
        ulong* to = &model;
        delegate* unmanaged<uint, int, ulong*, RealmError*, int> open = &StoredExports.Open;
        (int status, string message) = Call(error => open(id, 0, to, (RealmError*)error));
        return (status, message, model);
    }

    public static int CloseModel(ulong model)
    {
        delegate* unmanaged<ulong, RealmError*, int> close = &ModelExports.Close;
        return close(model, null);
    }

    public static (int Status, string Message) Remove(uint id)
    {
        delegate* unmanaged<uint, RealmError*, int> remove = &StoredExports.Remove;
        return Call(error => remove(id, (RealmError*)error));
    }

    public static (int Status, string Message, ulong Count, ulong Size) Info(uint id)
    {
        ulong count = 0, size = 0;
        ulong* c = &count, s = &size;
        delegate* unmanaged<uint, ulong*, ulong*, RealmError*, int> info = &StoredExports.Info;
        (int status, string message) = Call(error => info(id, c, s, (RealmError*)error));
        return (status, message, count, size);
    }

    public static (uint Hidden, uint Vocabulary, uint Layers) Shape(uint id)
    {
        uint hidden = 0, vocabulary = 0, layers = 0;
        delegate* unmanaged<uint, uint*, uint*, uint*, RealmError*, int> shape = &StoredExports.Shape;
        shape(id, &hidden, &vocabulary, &layers, null);
        return (hidden, vocabulary, layers);
    }

    public static (int Status, string Message, float[] Values) Tensor(uint id, string name)
    {
        byte[] text = Encoding.UTF8.GetBytes(name);
        ulong elements = 0;
        ulong* to = &elements;
        delegate* unmanaged<uint, byte*, ulong, ulong*, RealmError*, int> size = &StoredExports.TensorSize;
        delegate* unmanaged<uint, byte*, ulong, float*, ulong, RealmError*, int> read = &StoredExports.TensorRead;
        fixed (byte* p = text)
        {
            byte* data = p;
            (int status, string message) = Call(error => size(id, data, (ulong)text.Length, to, (RealmError*)error));
            if (status != 0)
            {
                return (status, message, []);
            }
            var values = new float[elements];
            fixed (float* v = values)
            {
                float* output = v;
                (status, message) = Call(error => read(id, data, (ulong)text.Length, output, (ulong)values.Length, (RealmError*)error));
            }
            return (status, message, values);
        }
    }

    public static (int Status, string Message) Embed(uint id, uint[] tokens, float[] output)
    {
        delegate* unmanaged<uint, uint*, ulong, float*, ulong, RealmError*, int> embed = &StoredExports.Embed;
        fixed (uint* t = tokens)
        fixed (float* o = output)
        {
            uint* ids = t;
            float* to = o;
            return Call(error => embed(id, ids, (ulong)tokens.Length, to, (ulong)output.Length, (RealmError*)error));
        }
    }

    public static (int Status, string Message) Forward(uint id, uint layer, float[] hidden, uint position)
    {
        delegate* unmanaged<uint, uint, float*, ulong, uint, float*, RealmError*, int> forward = &StoredExports.Forward;
        fixed (float* h = hidden)
        {
            float* rows = h;
            return Call(error => forward(id, layer, rows, (ulong)hidden.Length, position, rows, (RealmError*)error));
        }
    }

    public static (int Status, string Message) Logits(uint id, ReadOnlySpan<float> hidden, float[] output)
    {
        delegate* unmanaged<uint, float*, ulong, float*, ulong, RealmError*, int> logits = &StoredExports.Logits;
        fixed (float* h = hidden, o = output)
        {
            float* row = h;
            float* to = o;
            ulong length = (ulong)hidden.Length;
            return Call(error => logits(id, row, length, to, (ulong)output.Length, (RealmError*)error));
        }
    }
}
