using Realm.Kernels;

namespace Realm.Branches;

/// <summary>1 + scale · log(1 + floor((position + offset) / period)): queries grow with the logarithm of the length, so that attention
/// stays sharp. (Meta AI, 2025)</summary>
internal sealed class LogTemperature(float scale, long period, float offset = 0) : PositionScale
{
    public override float At(int position) => (float)(Log.Compute(Math.Floor((position + (double)offset) / period) + 1) * scale + 1);
}
