namespace Realm.Architectures;

/// <summary>Which layers of a hybrid network are recurrent.</summary>
internal sealed partial class ModelReader
{
    /// <summary><c>attention.recurrent_layers</c>, one for each layer or one for all; without it all but every `interval`-th, which the key
    /// <c>full_attention_interval</c> may change.</summary>
    public bool[] RecurrentLayers(int interval)
    {
        const string Key = "attention.recurrent_layers";
        if (_metadata.IsArray(_prefix + Key))
            return Flags(Key)!;
        if (Contains(Key))
            return [.. Enumerable.Repeat(_metadata.IsFlag(_prefix + Key) ? Flag(Key) : Int(Key) != 0, Layers)];
        interval = (int)(Contains("full_attention_interval") ? Range("full_attention_interval", 1, MaxLayers) : interval);
        return [.. Enumerable.Range(0, Layers).Select(layer => (layer + 1) % interval != 0)];
    }
}
