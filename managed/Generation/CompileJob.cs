namespace Realm.Generation;

/// <summary>Compiles a format on a thread of its own, so that it is there for whoever asks next.</summary>
public sealed unsafe class CompileJob : Job
{
    private readonly OpenModel _model;
    private readonly OutputFormat _format;
    private readonly CancellationTokenSource _cancel = new();

    internal CompileJob(OpenModel model, OutputFormat format, delegate* unmanaged<void*, void> notify, void* user)
        : base(notify, user)
    {
        _model = model;
        _format = format;
    }

    /// <summary>Starts its thread.</summary>
    internal void Start() => EngineThreads.Start("realm format", Run);

    /// <inheritdoc/>
    private protected override void OnCancel() => _cancel.Cancel();

    private void Run()
    {
        RealmException? failure = null;
        try
        {
            _format.Compile(_model.Loaded, _cancel.Token);
        }
        catch (Exception e)
        {
            failure = RealmFailure.Of(e);
        }
        _model.Forget(this);
        Finish(FinishReason.None, failure);
    }
}
