using Xunit;

namespace Realm.Tests.Architectures;

/// <summary>Families of which the reference data has no model, against plain loops in double precision.</summary>
public class PlainDecoderTests
{
    private static readonly int[] Tokens = [.. Enumerable.Range(0, 40).Select(i => i * 23 % 64)];

    [Fact]
    public void Networks_without_a_gate_whose_xielu_was_trained()
    {
        double[] alphaN = [0.7, -0.4], alphaP = [0.3, 1.1];
        NamedTensors model = NamedTensors.Decoder(gated: false);
        for (int i = 0; i < 2; i++)
            model.Ones($"blk.{i}.attn_q_norm.weight", 8).Ones($"blk.{i}.attn_k_norm.weight", 8);
        model.SetWhole("xielu.alpha_n", alphaN.Select(v => (float)v).ToArray()).SetWhole("xielu.alpha_p", alphaP.Select(v => (float)v).ToArray())
            .SetWhole("xielu.beta", 0.5f).SetWhole("xielu.eps", -1e-6f);
        PlainDecoder plain = null!;
        plain = new PlainDecoder(model, turnsHalves: true)
        {
            Head = (layer, isQuery, _, values) => plain!.Norm($"blk.{layer}.attn_{(isQuery ? 'q' : 'k')}_norm.weight", [.. values]).CopyTo(values, 0),
            Middle = (layer, x) =>
            {
                double negative = 0.5 + Math.Log(1 + Math.Exp(alphaN[layer])), positive = Math.Log(1 + Math.Exp(alphaP[layer]));
                return [.. plain.Multiply($"blk.{layer}.ffn_up.weight", x).Select(v => 0.5 * v
                    + (v > 0 ? positive * v * v : negative * (Math.Exp(Math.Min(v, -1e-6)) - 1 - v)))];
            },
        };
        AssertClose(plain.Logits(Tokens), model.Logits("apertus", Tokens));
    }

    [Fact]
    public void Norms_before_the_last_matrix_of_each_branch()
    {
        NamedTensors model = NamedTensors.Decoder();
        for (int i = 0; i < 2; i++)
            model.Ones($"blk.{i}.attn_sub_norm.weight", 32).Ones($"blk.{i}.ffn_sub_norm.weight", 48);
        PlainDecoder plain = null!;
        plain = new PlainDecoder(model, turnsHalves: true)
        {
            Results = (layer, values) => plain!.Norm($"blk.{layer}.attn_sub_norm.weight", values),
            Middle = (layer, x) => plain!.Norm($"blk.{layer}.ffn_sub_norm.weight", Gated(plain, layer, x)),
        };
        AssertClose(plain.Logits(Tokens), model.Logits("bitnet", Tokens));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Heads_with_norms_of_their_own_and_tokens_that_are_never_written(bool behind)
    {
        NamedTensors model = NamedTensors.Decoder().Set("swin_norm", behind);
        for (int i = 0; i < 2; i++)
        {
            model.Ones($"blk.{i}.attn_q_norm.weight", 8, 4).Ones($"blk.{i}.attn_k_norm.weight", 8, 2)
                .Weights($"blk.{i}.attn_q_norm.bias", 8, 4).Weights($"blk.{i}.attn_k_norm.bias", 8, 2);
        }
        PlainDecoder plain = null!;
        plain = new PlainDecoder(model, turnsHalves: false)
        {
            NormsBehind = behind,
            Head = (layer, isQuery, head, values) => LayerNorm(model, $"blk.{layer}.attn_{(isQuery ? 'q' : 'k')}_norm", head, values),
            Middle = (layer, x) => Gated(plain!, layer, x),
        };
        float[] actual = model.Logits("chameleon", Tokens);
        double[] expected = plain.Logits(Tokens);
        for (int i = 0; i < actual.Length; i++)
        {
            if (i % 64 < 4)
                continue;
            Assert.Equal(float.MinValue, actual[i]);
            (actual[i], expected[i]) = (0, 0);
        }
        AssertClose(expected, actual);
    }

    private static double[] Gated(PlainDecoder plain, int layer, double[] x)
    {
        double[] gate = plain.Multiply($"blk.{layer}.ffn_gate.weight", x), up = plain.Multiply($"blk.{layer}.ffn_up.weight", x);
        return [.. gate.Select((g, i) => g / (1 + Math.Exp(-g)) * up[i])];
    }

    private static void LayerNorm(NamedTensors model, string name, int head, double[] values)
    {
        double mean = values.Average(), scale = 1 / Math.Sqrt(values.Sum(v => (v - mean) * (v - mean)) / values.Length + 1e-5);
        for (int i = 0; i < values.Length; i++)
            values[i] = (values[i] - mean) * scale * model[name + ".weight"][head * 8 + i] + model[name + ".bias"][head * 8 + i];
    }

    private static void AssertClose(double[] expected, float[] actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        double error = expected.Zip(actual, (e, a) => (e - a) * (e - a)).Sum();
        Assert.InRange(error / expected.Sum(e => e * e), 0, 1e-10);
    }
}
