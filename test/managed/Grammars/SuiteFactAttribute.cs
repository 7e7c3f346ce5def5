using Xunit;

namespace Realm.Tests.Grammars;

/// <summary>A test that needs the public suites for structured output (REALM_SUITES) and the vocabularies of the reference data.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class SuiteFactAttribute : FactAttribute
{
    public SuiteFactAttribute()
    {
        Skip = Folder == null || Golden.Folder == null ? "the suites for structured output are absent (REALM_SUITES, REALM_GOLDEN)" : null;
    }

    /// <summary>The folder of the suites, or null.</summary>
    internal static string? Folder { get; } = Find();

    private static string? Find()
    {
        string folder = Environment.GetEnvironmentVariable("REALM_SUITES") ?? Path.Combine(Golden.Repository, "..", "shared", "suites");
        // Worktrees of the repository lie one level deeper.
        return new[] { folder, Path.Combine(Golden.Repository, "..", "..", "shared", "suites") }.FirstOrDefault(Directory.Exists);
    }
}
