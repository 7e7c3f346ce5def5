using Xunit;

namespace Realm.Tests;

/// <summary>A test that needs the reference data; reported as skipped, with the reason, where it is absent.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class GoldenFactAttribute : FactAttribute
{
    public GoldenFactAttribute() => Skip = GoldenTheoryAttribute.Reason;
}

/// <summary>A theory that needs the reference data.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class GoldenTheoryAttribute : TheoryAttribute
{
    internal static string? Reason => Golden.Folder == null || Golden.Models == null
        ? "the reference data is absent (REALM_GOLDEN, REALM_MODELS)"
        : null;

    public GoldenTheoryAttribute() => Skip = Reason;
}
