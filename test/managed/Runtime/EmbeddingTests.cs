using Realm.Gguf;
using Realm.Runtime;
using Realm.Tests.Gguf;
using Xunit;

namespace Realm.Tests.Runtime;

/// <summary>Rows of the embedding come from the file as it is when they are looked up.</summary>
public sealed unsafe class EmbeddingTests : TemporaryFolder
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Reads_the_rows_that_the_tensor_has(bool mapped)
    {
        byte[] bytes = File.ReadAllBytes(Golden.TinyAtlas);
        fixed (byte* b = bytes)
        {
            using ModelFile file = mapped ? ModelFile.OpenPath(Golden.TinyAtlas) : ModelFile.OpenBytes(b, bytes.Length);
            using Model model = Model.Load(file, new ModelOptions(1));
            GgufTensor tensor = file.Find("token_embd.weight")!;
            float[] all = new float[tensor.Elements], rows = new float[tensor.Elements];
            uint[] tokens = [.. Enumerable.Range(0, model.Config.VocabSize).Select(i => (uint)i)];
            fixed (float* a = all, r = rows)
            fixed (uint* t = tokens)
            {
                file.DecodeTensor(tensor, a);
                model.Embed(t, tokens.Length, r);
            }
            Assert.Equal(all, rows);
        }
    }

    [Theory]
    [InlineData(4096)]
    [InlineData(17000)]
    public void Reads_wide_rows_in_pieces(int width)
    {
        // Single precision: a piece holds 4,096.
        float[] values = [.. Enumerable.Range(0, 3 * width).Select(i => (float)i)];
        using ModelFile file = ModelFile.OpenPath(Write("wide.gguf", new GgufWriter().Tensor("wide", [width, 3], values)));
        Realm.Blocks.EmbeddingRows embedding = new(file, file.Find("wide")!, Realm.Formats.Formats.Find(0)!);
        float[] row = new float[width];
        for (int i = 0; i < 3; i++)
        {
            fixed (float* r = row)
                embedding.Read(i, r);
            Assert.Equal(values[(i * width)..((i + 1) * width)], row);
        }
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 1)]
    [InlineData(2, 75)]
    public void A_file_that_was_shortened_is_an_error_and_leaves_the_session_as_it_was(int threads, int rows)
    {
        string path = PathOf("short.gguf");
        File.Copy(Golden.TinyAtlas, path);
        File.SetAttributes(path, FileAttributes.Normal);
        using ModelFile file = ModelFile.OpenPath(path);
        using Model model = Model.Load(file, new ModelOptions(threads));
        GgufTensor tensor = file.Find("token_embd.weight")!;
        using (var handle = File.OpenHandle(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite))
            RandomAccess.SetLength(handle, tensor.Offset + tensor.Bytes / model.Config.VocabSize * 1000 + 7);

        // Whether the rows asked for are still there or not: what is there may be of another model by now.
        using Session session = model.NewSession();
        using Batch batch = model.NewBatch();
        foreach ((int last, string what) in ((int, string)[])[(1000, "tensor 'token_embd.weight': the file has become shorter since it was opened"), (999, "the file has become shorter since it was opened: ")])
        {
            batch.Clear();
            for (int i = 0; i < rows; i++)
                batch.Add(session, i == rows - 1 ? last : 999, false);
            RealmException e = Assert.Throws<RealmException>(() => model.Forward(batch));
            Assert.Equal(ErrorCode.Truncated, e.Code);
            Assert.StartsWith($"{path}: {what}", e.Message);
            Assert.Equal(0, session.Length);
        }
    }

    [GoldenFact]
    public void A_table_that_a_layer_looks_up_and_that_was_shortened_is_an_error_too()
    {
        foreach ((int threads, int rows) in ((int, int)[])[(1, 1), (2, 1), (2, 75)])
        {
            string path = PathOf($"table-{threads}-{rows}.gguf");
            File.Copy(Path.Combine(Golden.Folder!, "archs", "qwen4exp-moe.gguf"), path);
            File.SetAttributes(path, FileAttributes.Normal);
            using ModelFile file = ModelFile.OpenPath(path);
            using Model model = Model.Load(file, new ModelOptions(threads));
            using (var handle = File.OpenHandle(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite))
                RandomAccess.SetLength(handle, file.Find("per_layer_token_embd.weight")!.Offset);

            using Session session = model.NewSession();
            using Batch batch = model.NewBatch();
            for (int i = 0; i < rows; i++)
                batch.Add(session, i, true);
            for (int again = 0; again < 2; again++)
                Assert.Equal(ErrorCode.Truncated, Assert.Throws<RealmException>(() => model.Forward(batch)).Code);
            Assert.Equal(0, session.Length);
            float[] x = new float[rows * model.Config.RowSize];
            fixed (float* r = x)
            {
                nint at = (nint)r;
                Assert.Equal(ErrorCode.Truncated, Assert.Throws<RealmException>(() => model.ForwardLayer(session, 0, (float*)at, rows, 0, (float*)at)).Code);
                Assert.Equal(ErrorCode.Truncated, Assert.Throws<RealmException>(() => model.ForwardLayer(session, 1, (float*)at, rows, 0, (float*)at)).Code);
                Assert.Equal(0, session.State.Length(1));
                Assert.Equal(0, session.State.Length(0));
            }
        }
    }
}
