using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Xunit;

namespace Realm.Tests.Sources;

public class UncheckedProductsTests
{
    [Fact]
    public void NoSizeOfAFileIsAnUncheckedProduct()
    {
        string managed = Path.Combine(Golden.Repository, "managed");
        CSharpCompilation compilation = UncheckedProducts.Compile(Directory.GetFiles(managed, "*.cs", SearchOption.AllDirectories)
            .Select(path => (Path.GetRelativePath(managed, path), File.ReadAllText(path))));
        // Without types nothing would be found.
        Assert.Empty(compilation.GetDiagnostics().Where(d => d.Severity == DiagnosticSeverity.Error).Take(3));
        string[] found = [.. UncheckedProducts.Find(compilation)];
        Assert.True(found.Length == 0, string.Join('\n', found));
    }

    [Theory]
    [InlineData("int F(int heads, int size) => heads * size;", true)]
    [InlineData("long F(int heads, int size) => heads * size;", true)]
    [InlineData("long F(int heads, int size) => (long)heads * size;", false)]
    [InlineData("long F(int a, int b, int c) => (long)a * b * c;", true)]
    [InlineData("long F(long rows) => rows * sizeof(float);", true)]
    [InlineData("int F(int heads, int size) => checked(heads * size);", false)]
    [InlineData("int F(int heads) => 2 * heads + 1;", true)]
    [InlineData("ulong F(ulong hash) => unchecked(hash * 31);", false)]
    [InlineData("int F(int bits) => 1 << bits;", true)]
    [InlineData("int F(byte bits) => bits << 8;", false)]
    [InlineData("System.UInt128 F(ulong a, ulong b) => (System.UInt128)a * b;", false)]
    [InlineData("float F(float a, int b) => a * b;", false)]
    [InlineData("int F(int[] a, int i, int n) => a[i * n];", false)]
    [InlineData("unsafe float* F(float* a, int i, int n) => a + (i * n + 1);", false)]
    [InlineData("void F(int rows, int width) { var room = new float[rows * width]; }", true)]
    [InlineData("const int Size = 1 << 20; int F() => Size * 2;", false)]
    public void Forms(string member, bool isFound)
    {
        Assert.Equal(isFound, Find("Architectures/Trial.cs", member).Any());
    }

    [Theory]
    [InlineData("int Width { get; } = Sizes.A * Sizes.B;", true)]
    [InlineData("Trial() { _n = Sizes.A * Sizes.B; } int _n;", true)]
    [InlineData("void Ask() { _n = Sizes.A * Sizes.B; } int _n;", true)]
    [InlineData("void Forward() { _n = Sizes.A * Sizes.B; } int _n;", false)]
    public void WhereSizesAreSettled(string member, bool isFound)
    {
        Assert.Equal(isFound, Find("Branches/Trial.cs", $"static class Sizes {{ public static int A, B; }} {member}").Any());
    }

    private static IEnumerable<string> Find(string path, string member) =>
        UncheckedProducts.Find(UncheckedProducts.Compile([(path, $"class Trial {{ {member} }}")]));
}
