using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Operations;

namespace Realm.Tests.Sources;

/// <summary>
/// Finds products and shifts of integers that may wrap where sizes come from a file. A product is fine when it is <c>checked</c>, when its type holds
/// whatever its factors' types can be (an <c>int</c> times an <c>int</c> as <c>long</c>), when somebody wrote <c>unchecked</c> and so has thought of it (a
/// hash), or when it is where something lies in memory that has been allocated: those sizes were checked.
/// </summary>
internal static class UncheckedProducts
{
    /// <summary>Folders where every product counts ...</summary>
    private static readonly string[] s_whole = ["Gguf", "Architectures", "Runtime"];

    /// <summary>... and those whose constructors, properties and these methods settle sizes; the rest of them runs for every token.</summary>
    private static readonly string[] s_built = ["Branches", "Blocks", "Passes", "State", "Tokenizers"];

    private static readonly string[] s_sizes = ["Ask", "Floats", "StateFloats", "TailFloats", "Bytes", "NewNumbers", "FreeNumbers"];

    /// <summary>Sources (path, text) as one compilation, with the references of this process.</summary>
    public static CSharpCompilation Compile(IEnumerable<(string Path, string Text)> sources)
    {
        CSharpParseOptions options = new(LanguageVersion.CSharp14);
        const string Usings = "global using System; global using System.Collections.Generic; global using System.IO; global using System.Linq; global using System.Threading;";
        string references = (string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!;
        return CSharpCompilation.Create("sources",
            sources.Append(("usings", Usings)).Select(s => CSharpSyntaxTree.ParseText(s.Item2, options, s.Item1)),
            references.Split(Path.PathSeparator).Select(path => MetadataReference.CreateFromFile(path)),
            new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary, allowUnsafe: true, nullableContextOptions: NullableContextOptions.Enable));
    }

    /// <summary>What is found, as `path:line: product`. Paths begin with the folder, like Gguf/GgufFile.cs.</summary>
    public static IEnumerable<string> Find(CSharpCompilation compilation)
    {
        foreach (SyntaxTree tree in compilation.SyntaxTrees)
        {
            string folder = tree.FilePath.Split('/')[0];
            bool whole = s_whole.Contains(folder);
            if (!whole && !s_built.Contains(folder))
                continue;
            SemanticModel model = compilation.GetSemanticModel(tree);
            foreach (BinaryExpressionSyntax node in tree.GetRoot().DescendantNodes().OfType<BinaryExpressionSyntax>())
            {
                if (node.Kind() is SyntaxKind.MultiplyExpression or SyntaxKind.LeftShiftExpression && (whole || SettlesSizes(node))
                    && model.GetOperation(node) is IBinaryOperation operation && MayWrap(operation, whole))
                    yield return $"{tree.FilePath}:{tree.GetLineSpan(node.Span).StartLinePosition.Line + 1}: {node}";
            }
        }
    }

    private static bool SettlesSizes(SyntaxNode node)
    {
        MemberDeclarationSyntax member = node.Ancestors().OfType<MemberDeclarationSyntax>().First();
        return member is MethodDeclarationSyntax method
            ? s_sizes.Contains(method.Identifier.Text)
            : !node.Ancestors().TakeWhile(a => a != member).Any(a => a is LambdaExpressionSyntax);
    }

    private static bool MayWrap(IBinaryOperation operation, bool shifts)
    {
        if (Width(operation.Type) > 64 || operation.IsChecked || operation.ConstantValue.HasValue || IsPlace(operation)
            || operation.Syntax.Ancestors().Any(a => a.Kind() is SyntaxKind.UncheckedExpression or SyntaxKind.UncheckedStatement))
            return false;
        if (operation.OperatorKind == BinaryOperatorKind.Multiply)
            return Bits(operation.LeftOperand) + Bits(operation.RightOperand) > Width(operation.Type);
        return shifts && !(operation.RightOperand.ConstantValue is { HasValue: true, Value: int by }
            && Bits(operation.LeftOperand) + by <= Width(operation.Type));
    }

    // An index, the end of a range or what is added to a pointer.
    private static bool IsPlace(IOperation operation)
    {
        for (IOperation at = operation; at.Parent is { } parent; at = parent)
        {
            if (parent is IConversionOperation || parent.Syntax is ParenthesizedExpressionSyntax)
                continue;
            if (parent is IBinaryOperation sum)
            {
                if (sum.Type is IPointerTypeSymbol)
                    return true;
                if (Width(sum.Type) <= 64)
                    continue;
                return false;
            }
            return parent.Syntax is ElementAccessExpressionSyntax or RangeExpressionSyntax
                || parent is IArrayElementReferenceOperation or IArgumentOperation { Parent: IPropertyReferenceOperation { Property.IsIndexer: true } };
        }
        return false;
    }

    // How many bits a value of an expression may have.
    private static int Bits(IOperation operation) => operation switch
    {
        { ConstantValue: { HasValue: true, Value: char } } => 16,
        { ConstantValue: { HasValue: true, Value: { } value } } => (int)Math.Ceiling(Math.Log2(Math.Abs((double)Convert.ToDecimal(value)) + 1)),
        IConversionOperation to when Width(to.Operand.Type) <= 64 => Math.Min(Bits(to.Operand), Width(to.Type)),
        IBinaryOperation { OperatorKind: BinaryOperatorKind.Multiply } product =>
            Math.Min(Bits(product.LeftOperand) + Bits(product.RightOperand), Width(product.Type)),
        _ => Width(operation.Type),
    };

    // Bits of an integer type's largest value; else more than any has.
    private static int Width(ITypeSymbol? type) => type?.SpecialType switch
    {
        SpecialType.System_Byte or SpecialType.System_SByte => 8,
        SpecialType.System_Int16 or SpecialType.System_UInt16 or SpecialType.System_Char => 16,
        SpecialType.System_Int32 => 31,
        SpecialType.System_UInt32 => 32,
        SpecialType.System_Int64 or SpecialType.System_IntPtr => 63,
        SpecialType.System_UInt64 or SpecialType.System_UIntPtr => 64,
        _ => 65,
    };
}
