using System.Runtime.InteropServices;

namespace Realm.Generation;

/// <summary>A token that was chosen, and what is known of it: <c>realm_token</c>.</summary>
/// <param name="Id">Which.</param>
/// <param name="TextEnd">Bytes of all the text that was ready with it, from the beginning on; modulo 2^32.</param>
/// <param name="LogProbability">Natural logarithm of its probability in the model's own logits. 0 unless asked for.</param>
/// <param name="TopCount">How many of the likeliest tokens are told with it.</param>
/// <param name="Forced">1: the format left no choice, nothing was sampled.</param>
[StructLayout(LayoutKind.Sequential)]
public readonly record struct TokenRecord(uint Id, uint TextEnd = 0, float LogProbability = 0, uint TopCount = 0, uint Forced = 0);

/// <summary>One of the likeliest tokens of a place: <c>realm_top</c>.</summary>
/// <param name="Id">Which.</param>
/// <param name="LogProbability">Natural logarithm of its probability in the model's own logits.</param>
[StructLayout(LayoutKind.Sequential)]
public readonly record struct TopToken(uint Id, float LogProbability);
