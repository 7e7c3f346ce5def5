namespace Realm.Gguf;

/// <summary>How a ggml tensor type stores values: in blocks of so many values, each of so many bytes. A plain type is a block of one.</summary>
/// <param name="Elements">Values in one block; the contiguous dimension of a tensor is a multiple of it.</param>
/// <param name="Bytes">Bytes of one block.</param>
public readonly record struct BlockSize(uint Elements, uint Bytes);
