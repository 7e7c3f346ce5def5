using System.Globalization;
using Realm.Runtime;
using Xunit;

namespace Realm.Tests.Runtime;

/// <summary>A session's file of which one number is another: refused by what it is, before anything is computed with it.</summary>
public sealed class SessionFileTests : IDisposable
{
    private static readonly int[] _tokens = [.. Enumerable.Range(0, 70).Select(i => i * 37 % 1536)];
    private static readonly SessionOrigin _origin = new(7, 9);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("realm-session-");
    private readonly ModelFile _file = ModelFile.OpenPath(Golden.TinyAtlas);
    private readonly Model _model;
    private readonly byte[] _bytes;

    public SessionFileTests()
    {
        _model = Model.Load(_file, new ModelOptions(1));
        using Session session = _model.NewSession();
        using Batch batch = _model.NewBatch();
        foreach (int token in _tokens)
            batch.Add(session, token, false);
        Assert.True(_model.Forward(batch));
        string path = PathOf("session");
        SessionFile.Write(path, _origin, _model, _tokens, session, () => false);
        _bytes = File.ReadAllBytes(path);
    }

    public void Dispose()
    {
        _model.Dispose();
        _file.Dispose();
        _folder.Delete(recursive: true);
    }

    private string PathOf(string name) => Path.Combine(_folder.FullName, name);

    private string Refusal(byte[] bytes, SessionOrigin? origin = null)
    {
        string path = PathOf("changed");
        File.WriteAllBytes(path, bytes);
        RealmException e = Assert.Throws<RealmException>(() => SessionFile.Read(path, origin ?? _origin, _model, null, () => false));
        Assert.Equal(ErrorCode.SessionFile, e.Code);
        return e.Message[(e.Message.IndexOf("changed", StringComparison.Ordinal) + "changed: ".Length)..].TrimStart('\'', ':', ' ', '"');
    }

    /// <summary>Bytes in hexadecimal at a place. 64: ids, 72: positions, 80: bytes of a page, 88: pages, 96: numbers; 112: the first id.</summary>
    [Theory]
    [InlineData(0, "00", "this is no file of a session")]
    [InlineData(8, "02", "a session of version 2, this engine reads version 1")]
    [InlineData(12, "02", "damaged: impossible sizes")]
    [InlineData(16, "08", "a session of another model")]
    [InlineData(32, "AABB", "what the model remembers lies otherwise in this file: it was written with another cacheType, or by another version of the engine")]
    [InlineData(48, "AABB", "the session was written with other adapters, or other scales of them")]
    [InlineData(64, "0202", "damaged: impossible sizes")]
    [InlineData(64, "45", "damaged: impossible sizes")]
    [InlineData(64, "460000000000FF", "damaged: impossible sizes")]
    [InlineData(72, "47", "damaged: impossible sizes")]
    [InlineData(80, "01", "damaged: sizes that contradict each other")]
    [InlineData(88, "03", "damaged: sizes that contradict each other")]
    [InlineData(96, "01", "damaged: sizes that contradict each other")]
    [InlineData(104, "01", "damaged: sizes that contradict each other")]
    [InlineData(112, "0006", "damaged: a token that is not in the vocabulary")]
    [InlineData(112, "FFFFFFFF", "damaged: a token that is not in the vocabulary")]
    [InlineData(112, "01", "damaged: its content is not what was written")]
    [InlineData(5000, "AABBCC", "damaged: its content is not what was written")]
    public void Another_number(int at, string bytes, string message)
    {
        byte[] changed = [.. _bytes];
        Convert.FromHexString(bytes).CopyTo(changed, at);
        Assert.Equal(message, Refusal(changed));
    }

    [Fact]
    public void Another_length()
    {
        Assert.Equal("127 bytes are too few for a session", Refusal(_bytes[..127]));
        string size = _bytes.Length.ToString(CultureInfo.InvariantCulture);
        Assert.Equal($"damaged: the file has 128 bytes, the session in it {size}", Refusal(_bytes[..128]));
        Assert.Equal($"damaged: the file has {_bytes.Length + 1} bytes, the session in it {size}", Refusal([.. _bytes, 0]));
        Assert.Equal("a session of another model", Refusal(_bytes, new SessionOrigin(8, 9)));
        Assert.Equal("the session was written with other adapters, or other scales of them", Refusal(_bytes, new SessionOrigin(7, 10)));
    }

    [Fact]
    public void It_is_cancelled()
    {
        RealmException e = Assert.Throws<RealmException>(() => SessionFile.Read(PathOf("session"), _origin, _model, null, () => true));
        Assert.Equal((ErrorCode.Cancelled, "cancelled before the session's file was done"), (e.Code, e.Message));
        (int[] ids, Session session) = SessionFile.Read(PathOf("session"), _origin, _model, null, () => false);
        using (session)
        {
            Assert.Equal(_tokens, ids);
            e = Assert.Throws<RealmException>(() => SessionFile.Write(PathOf("other"), _origin, _model, _tokens, session, () => true));
            Assert.Equal((ErrorCode.Cancelled, "cancelled before the session's file was done"), (e.Code, e.Message));
            Assert.Equal([PathOf("session")], Directory.GetFileSystemEntries(_folder.FullName));
        }
    }
}
