using Realm.Runtime;
using Realm.Tests.Conformance;
using Xunit;

namespace Realm.Tests.Architectures;

/// <summary>No recipe forgets a tensor: of every model of the reference data each is used, but for those of parts that text has no use for.</summary>
public class UnreadTensorsTests
{
    // The vision experts of a language model, layers that predict further tokens, and what chooses blocks of a past that is longer than the context here.
    private static readonly string[] OfOtherParts = [".vis_", ".nextn.", ".indexer."];

    [GoldenFact]
    public void Every_tensor_of_the_reference_models_is_used()
    {
        List<string> left = [];
        int models = 0;
        foreach (GoldenModel golden in GoldenIndex.All().Where(model => model.Folder is "archs" or "families"))
        {
            using ModelFile file = ModelFile.OpenPath(golden.Path);
            if (!Realm.Architectures.Architectures.All.Any(a => a.Name == file.Metadata.Text("general.architecture")))
                continue;
            using Model model = Model.Load(file, new ModelOptions(1, Packed: false));
            models++;
            string[] unread = [.. model.UnreadTensors.Where(name => !OfOtherParts.Any(part => name.Contains(part, StringComparison.Ordinal)))];
            if (unread.Length > 0)
                left.Add($"{golden.Id}: {string.Join(", ", unread)}");
        }
        Assert.True(left.Count == 0, string.Join('\n', left));
        Assert.True(models > 20, $"{models} models");
    }
}
