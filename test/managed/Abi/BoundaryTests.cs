using System.Text;
using Realm.Abi;
using Realm.Generation;
using Xunit;

namespace Realm.Tests.Abi;

public unsafe class BoundaryTests
{
    private static (int Status, int Code, string Message) Run(Exception? thrown)
    {
        RealmError error = default;
        new Span<byte>(&error, sizeof(RealmError)).Fill(0xEE);
        int status = Boundary.Run(&error, () =>
        {
            if (thrown != null)
            {
                throw thrown;
            }
        });
        return (status, error.Code, new UTF8Encoding(false, true).GetString(error.Message, (int)error.Length));
    }

    [Fact]
    public void LayoutIsThatOfTheHeader()
    {
        Assert.Equal(2048, sizeof(RealmError));
        Assert.Equal(20, sizeof(TokenRecord));
        Assert.Equal(8, sizeof(TopToken));
        Assert.Equal(56, sizeof(NativeJobState));
    }

    [Fact]
    public void EveryExceptionBecomesAStatus()
    {
        Assert.Equal((0, 0, ""), Run(null));
        Assert.Equal((21, 21, "shape"), Run(new RealmException(ErrorCode.Shape, "shape")));
        Assert.Equal((32, 32, "not enough memory"), Run(new OutOfMemoryException()));
        (int code, _, string text) = Run(new OverflowException());
        Assert.Equal(((int)ErrorCode.Limit, "a size that follows from the numbers of the file or the request is too large to be computed"), (code, text));
        (int status, _, string message) = Run(new InvalidOperationException("oops"));
        Assert.Equal((int)ErrorCode.Internal, status);
        Assert.Equal("a defect of the engine: InvalidOperationException: oops", message);
        Assert.Equal((int)ErrorCode.Internal, Run(new DivideByZeroException()).Status);
        Assert.Equal(5, Boundary.Run(null, () => throw new RealmException(ErrorCode.NotGguf, "nobody reads it")));
    }

    /// <summary>Cut at the end of a character, whatever stands at the edge.</summary>
    [Theory]
    [InlineData("a")]
    [InlineData("é")]
    [InlineData("東")]
    [InlineData("😀")]
    public void LongMessagesAreCut(string character)
    {
        int bytes = Encoding.UTF8.GetByteCount(character);
        for (int before = 0; before < 5; before++)
        {
            string message = new string('x', before) + string.Concat(Enumerable.Repeat(character, 2040));
            string cut = Run(new RealmException(ErrorCode.Io, message)).Message;
            Assert.StartsWith(cut, message);
            Assert.InRange(Encoding.UTF8.GetByteCount(cut), RealmError.Capacity - bytes + 1, RealmError.Capacity);
        }
    }

    [Fact]
    public void NothingIsWrittenBehindTheMessage()
    {
        RealmError* errors = stackalloc RealmError[2];
        new Span<byte>(errors, 2 * sizeof(RealmError)).Fill(0xEE);
        RealmError.Fill(errors, ErrorCode.Io, new string('東', 5000));
        Assert.Equal(2040u, errors->Length);
        Assert.True(new Span<byte>(errors + 1, sizeof(RealmError)).IndexOfAnyExcept((byte)0xEE) < 0);
    }

    [Fact]
    public void HalfACharacterIsReplaced()
    {
        Assert.Equal("a\uFFFDb", Run(new RealmException(ErrorCode.Io, "a\uD83Db")).Message);
    }
}
