using Realm.Kernels.Emitted;
using Xunit;

namespace Realm.Tests.Kernels.Emitted;

/// <summary>A theory about emitted kernels; reported as skipped, with the reason, where the processor or the system has no place for them.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class EmittedTheoryAttribute : TheoryAttribute
{
    internal static string? Reason => KernelForms.Wanted ? null : "emitted kernels need Linux, AVX-512 VNNI and no REALM_EMIT=0";

    public EmittedTheoryAttribute() => Skip = Reason;
}

/// <summary>A fact about emitted kernels.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class EmittedFactAttribute : FactAttribute
{
    public EmittedFactAttribute() => Skip = EmittedTheoryAttribute.Reason;
}
