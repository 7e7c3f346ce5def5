namespace Realm.State;

/// <summary>Element type of the key/value cache.</summary>
public enum CacheType
{
    /// <summary>Half precision: llama.cpp's default.</summary>
    F16,

    /// <summary>Single precision: twice the memory, for comparisons.</summary>
    F32,

    /// <summary>Eight bits, with a scale for 32 elements of a head: about half the memory.</summary>
    Q8_0,
}
