using Realm.Runtime;
using Realm.State;
using Realm.Tests.Conformance;
using Realm.Tests.Runtime;
using Xunit;

namespace Realm.Tests.Architectures;

/// <summary>
/// A layer by itself goes on where it stands, begins anew at 0, and says why it does not do anything else: of every family, layer by layer. Which layers
/// hold a recurrent state is told by the tensors of the file, not by the engine.
/// </summary>
public unsafe class CacheGapTests
{
    private static readonly string[] Recurrent = ["ssm_", "shortconv.", "time_mix_", "ple_conv1d", "attn_gate.weight+attn_norm_2"];

    [GoldenFact]
    public void Of_every_model_of_the_reference_data()
    {
        HashSet<string> families = [];
        foreach (GoldenModel golden in GoldenIndex.All().Where(model => model.Folder is "archs" or "encoders"))
        {
            using ModelFile file = ModelFile.OpenPath(golden.Path);
            families.Add(file.Metadata.Text("general.architecture")!);
            using Model model = Model.Load(file, new ModelOptions(1, Packed: false));
            Check(golden.Id, file, model, seesAll: golden.SeesAll);
        }
        Assert.True(families.Count > 100, $"{families.Count} families");
    }

    [Theory]
    [InlineData("gemma3n")]
    [InlineData("rwkv6")]
    [InlineData("rwkv6qwen2")]
    [InlineData("rwkv7")]
    [InlineData("arwkv7")]
    public void Of_families_that_it_has_none_of(string architecture)
    {
        using ModelFile file = ReferenceModels.Of(architecture).Open(architecture);
        using Model model = Model.Load(file, new ModelOptions(1, Packed: false));
        Check(architecture, file, model, seesAll: false);
    }

    [Fact]
    public void Of_a_layer_that_borrows_keys_which_are_not_there()
    {
        using ModelFile file = ReferenceModels.Of("gemma3n").Set("attention.shared_kv_layers", 1u).Open("gemma3n");
        using Model model = Model.Load(file, new ModelOptions(1, Packed: false));
        int width = Networks.RowSize(model), last = model.Config.Layers - 1;
        float[] rows = new float[3 * width];
        uint[] tokens = [1, 2, 3];
        using Session session = model.NewSession();
        fixed (uint* t = tokens)
        fixed (float* x = rows)
        {
            model.Embed(t, tokens.Length, x);
            Assert.Contains($"position 0 leaves a gap: layer {last} reads the keys of layer", Error(model, session, last, x, 1, 0, x));
            for (int layer = 0; layer <= last; layer++)
                model.ForwardLayer(session, layer, x, 2, 0, x);
            Assert.Contains("which holds 2 positions", Error(model, session, last, x, 1, 2, x));
            Assert.Null(Error(model, session, last, x, 1, 1, x));
        }
    }

    [Fact]
    public void Of_a_sequence_whose_state_cannot_be_cut()
    {
        using ModelFile file = ReferenceModels.Of("rwkv6").Open("rwkv6");
        using Model model = Model.Load(file, new ModelOptions(1, Packed: false));
        using Session session = model.NewSession();
        using Batch batch = model.NewBatch();
        foreach (int token in (int[])[1, 2, 3])
            batch.Add(session, token, false);
        Assert.True(model.Forward(batch));
        RealmException e = Assert.Throws<RealmException>(() => session.Truncate(1));
        Assert.Equal((ErrorCode.InvalidArgument, "cannot truncate to 1: the recurrent state of 3 positions can't be cut, only begun anew"), (e.Code, e.Message));
        session.Truncate(0);
        Assert.Equal(0, session.Length);
    }

    private static void Check(string name, ModelFile file, Model model, bool seesAll)
    {
        int width = Networks.RowSize(model);
        uint[] tokens = [1, 2, 3];
        float[] rows = new float[tokens.Length * width], first = new float[width], output = new float[width];
        using Session session = model.NewSession();
        fixed (uint* t = tokens)
        fixed (float* x = rows, one = first, y = output)
        {
            model.Embed(t, tokens.Length, x);
            for (int layer = 0; layer < model.Config.Layers; layer++)
            {
                string what = $"{name}, layer {layer}";
                string? gap = Error(model, session, layer, x, 1, 2, y);
                Assert.True(gap != null && gap.Contains(seesAll ? "the whole text, at position 0" : $"leaves a gap: layer {layer} holds 0 positions"), $"{what}: {gap}");
                float[] before = rows[..];
                model.ForwardLayer(session, layer, x, tokens.Length, 0, x);
                fixed (float* b = before)
                {
                    string? back = Error(model, session, layer, b, 1, 1, y);
                    string? expected = seesAll ? "the whole text, at position 0"
                        : IsRecurrent(file, model, layer) ? $"position 1: the state of layer {layer} after 3 positions is recurrent and can't be cut; give 0 or 3" : null;
                    Assert.True(expected == null ? back == null : back != null && back.Contains(expected), $"{what}: {back}");
                    // Position 0 begins anew, whatever there was.
                    model.ForwardLayer(session, layer, b, seesAll ? tokens.Length : 1, 0, seesAll ? b : one);
                    Assert.True(rows.AsSpan(0, width).SequenceEqual(seesAll ? before.AsSpan(0, width) : first), $"{what}: another result at position 0");
                    // Layers that borrow this one's keys want all of them.
                    if (!seesAll)
                        model.ForwardLayer(session, layer, b, tokens.Length, 0, b);
                }
            }
        }
    }

    private static string? Error(Model model, Session session, int layer, float* x, int count, int position, float* y)
    {
        try
        {
            model.ForwardLayer(session, layer, x, count, position, y);
            return null;
        }
        catch (RealmException e) when (e.Code == ErrorCode.CacheGap)
        {
            return e.Message;
        }
    }

    // Layers that are gone through again have the weights of the first time.
    private static bool IsRecurrent(ModelFile file, Model model, int layer)
    {
        string prefix = $"blk.{layer}.";
        return Recurrent.Any(kind => kind.Split('+').All(part => file.Tensors.Any(tensor => tensor.Name.StartsWith(prefix + part, StringComparison.Ordinal))));
    }
}
