namespace Realm.Grammars;

/// <summary>
/// The time that compiling may take, all of it on one thread and without what others take, and whether somebody still wants the result;
/// afterwards, the time that a step of a text may take.
/// </summary>
internal sealed class CompileBudget(CancellationToken cancel = default, int milliseconds = GrammarLimits.CompileMilliseconds)
{
    private const int CallsBetweenChecks = 256;

    private long _deadline = ThreadTime.Milliseconds + milliseconds;
    private int _calls;
    private bool _isCompiled;

    /// <summary>Called often by whatever may take long.</summary>
    /// <exception cref="RealmException">E_LIMIT: too long; E_CANCELLED.</exception>
    public void Spend()
    {
        if (++_calls % CallsBetweenChecks == 0)
        {
            Check();
        }
    }

    /// <summary>Compiling is done: from here on a step may take so long, beginning now.</summary>
    public void BeginStep()
    {
        _isCompiled = true;
        _calls = 0;
        // Set by the first check of a step: most steps make no check, and need not ask for the time.
        _deadline = long.MaxValue;
    }

    private void Check()
    {
        if (_isCompiled)
        {
            CheckStep();
            return;
        }
        if (cancel.IsCancellationRequested)
        {
            throw new RealmException(ErrorCode.Cancelled, "compiling the format was cancelled");
        }
        if (ThreadTime.Milliseconds > _deadline)
        {
            throw new RealmException(ErrorCode.Limit, $"the format takes more than {milliseconds} ms to compile; make it simpler");
        }
    }

    private void CheckStep()
    {
        long now = ThreadTime.Milliseconds;
        if (_deadline == long.MaxValue)
        {
            _deadline = now + GrammarLimits.StepMilliseconds;
        }
        else if (now > _deadline)
        {
            throw new RealmException(ErrorCode.Limit,
                $"a step of the format takes more than {GrammarLimits.StepMilliseconds} ms; make it simpler");
        }
    }
}
