using System.Runtime.InteropServices;
using Realm.Gguf;
using Realm.Runtime;
using Realm.Tests.Gguf;
using Xunit;

namespace Realm.Tests.Runtime;

/// <summary>Files that are written to while a model is made of them or used. What needs a handler of SIGBUS is in test/fileChanges.test.js.</summary>
public sealed unsafe class ChangedFileTests : TemporaryFolder
{
    // Other tests open files at the same time.
    private const int Capacity = 1 << 16;

    [Fact]
    public void A_stamp_is_what_the_system_says()
    {
        string path = PathOf("stamp");
        File.WriteAllBytes(path, new byte[1234]);
        DateTime time = new(2024, 3, 5, 7, 11, 13, DateTimeKind.Utc);
        File.SetLastWriteTimeUtc(path, time);
        using var handle = File.OpenHandle(path);
        FileStamp stamp = FileStamp.Of(handle);
        Assert.Equal(1234, stamp.Length);
        Assert.Equal(new DateTimeOffset(time).ToUnixTimeSeconds(), stamp.Seconds);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void What_was_written_to_is_an_error_wherever_it_is_used(bool packed)
    {
        string path = PathOf("changed.gguf");
        File.Copy(Golden.TinyAtlas, path);
        File.SetAttributes(path, FileAttributes.Normal);
        File.SetLastWriteTimeUtc(path, DateTime.UtcNow.AddHours(-1));
        using ModelFile file = ModelFile.OpenPath(path);
        using Model model = Model.Load(file, new ModelOptions(1, packed));
        using Session session = model.NewSession();
        using Batch batch = model.NewBatch();
        batch.Add(session, 5, true);
        Assert.True(model.Forward(batch));
        using (FileStream stream = new(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite))
            stream.WriteByte((byte)'G');

        float[] row = new float[model.Config.RowSize];
        float[] logits = new float[model.Config.VocabSize];
        GgufTensor tensor = file.Find("blk.0.attn_q.weight")!;
        float[] values = new float[tensor.Elements];
        Action[] uses =
        [
            () => model.Forward(batch),
            () => { fixed (float* r = row) model.ForwardLayer(session, 0, r, 1, 0, r); },
            () => { fixed (float* r = row, l = logits) model.ComputeLogits(r, l); },
            () => { uint id = 3; fixed (float* r = row) model.Embed(&id, 1, r); },
            () => { fixed (float* v = values) file.DecodeTensor(tensor, v); },
            () => file.ContentHash(),
            () => Model.Load(file, new ModelOptions(1)).Dispose(),
        ];
        foreach (Action use in uses)
        {
            RealmException e = Assert.Throws<RealmException>(use);
            Assert.Equal(ErrorCode.Io, e.Code);
            Assert.Equal($"{path}: the file was written to since it was opened: close the model and open it again", e.Message);
        }
        Assert.Equal(1, session.Length);
    }

    [Fact]
    public void A_handler_that_lost_a_page_is_an_error_and_stays_one()
    {
        string path = PathOf("lost.gguf");
        File.Copy(Golden.TinyAtlas, path);
        // What a host does: a table, in which its handler would leave the mark.
        FileMap* maps = (FileMap*)NativeMemory.AllocZeroed(Capacity, (nuint)sizeof(FileMap));
        FileMaps.Watch(null, maps, Capacity);
        using ModelFile file = ModelFile.OpenPath(path);
        FileMap* entry = Find(maps, (ulong)file.Data(file.Tensors[0]));
        Assert.True(entry != null);
        Assert.Equal((ulong)file.Length, entry->End - entry->Start);
        file.CheckUnchanged();
        entry->Lost = 1;
        Assert.Equal(ErrorCode.Io, Assert.Throws<RealmException>(file.CheckUnchanged).Code);
        entry->Lost = 0;
        Assert.Equal(ErrorCode.Io, Assert.Throws<RealmException>(file.CheckUnchanged).Code);
        file.Dispose();
        Assert.Equal(0ul, entry->Start);
    }

    private static FileMap* Find(FileMap* maps, ulong address)
    {
        for (int i = 0; i < Capacity; i++)
        {
            if (maps[i].Start != 0 && maps[i].Start <= address && address < maps[i].End)
                return maps + i;
        }
        return null;
    }
}
