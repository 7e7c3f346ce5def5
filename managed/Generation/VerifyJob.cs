using Realm.Runtime;

namespace Realm.Generation;

/// <summary>Looks at all of a model's file, on a thread of its own.</summary>
public sealed unsafe class VerifyJob : Job
{
    private readonly OpenModel _model;

    internal VerifyJob(OpenModel model, delegate* unmanaged<void*, void> notify, void* user)
        : base(notify, user) => _model = model;

    /// <summary>Starts its thread.</summary>
    internal void Start() => EngineThreads.Start("realm verify", Run);

    /// <inheritdoc/>
    private protected override void OnCancel()
    {
        // It looks for that itself, after each piece.
    }

    private void Run()
    {
        RealmException? failure = null;
        try
        {
            if (!TensorVerifier.Verify(_model.Loaded.File, () => IsCancelRequested))
                failure = new RealmException(ErrorCode.Cancelled, "cancelled before all tensors were looked at");
        }
        catch (Exception e)
        {
            failure = RealmFailure.Of(e);
        }
        _model.Forget(this);
        Finish(FinishReason.None, failure);
    }
}
