using System.Runtime.Intrinsics;

namespace Realm.Kernels.Functions;

/// <summary>A function of one number, eight at a time: the same operations on every processor, so the same bits.</summary>
internal interface IFunction
{
    static abstract Vector256<float> Compute(Vector256<float> x);
}
