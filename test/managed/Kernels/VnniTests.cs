using Realm.Formats;
using Realm.Kernels;
using Realm.Tests.Formats;
using Xunit;

namespace Realm.Tests.Kernels;

/// <summary>A theory about the 256-bit forms with AVX-VNNI; reported as skipped, with the reason, on other processors.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class VnniTheoryAttribute : TheoryAttribute
{
    public VnniTheoryAttribute() => Skip = Lanes.Vnni ? null : "the processor has no AVX-VNNI";
}

/// <summary>The 256-bit forms with AVX-VNNI: the bits of the plain loops.</summary>
public class VnniTests
{
    public static TheoryData<string> Names => [.. GemmForms.All.Select(f => f.Format)];

    [VnniTheory]
    [MemberData(nameof(Names))]
    public void GivesTheBitsOfTheReference(string name)
    {
        WeightFormat format = FormatsTests.Find(name);
        GemmForms forms = GemmForms.All.Single(f => f.Format == name);
        Random random = new(31);
        foreach (int blocks in (int[])[1, 2, 5])
        {
            int columns = blocks * format.BlockElements;
            float[] x = new float[8 * columns];
            for (int i = 0; i < x.Length; i++)
                x[i] = (random.NextSingle() - 0.5f) * 4;
            using PackedProduct product = new(format, SampleBlocks.Random(format, 16 * blocks, random), 16, columns, x);
            float[] expected = product.Multiply(forms.Reference, 0, 8);
            for (int tokens = 1; tokens <= Lanes.Tokens; tokens++)
                FormatsTests.AssertSameBits(expected.AsSpan(0, 16 * tokens), product.Multiply(forms.Vnni, 0, tokens));
        }
    }
}
