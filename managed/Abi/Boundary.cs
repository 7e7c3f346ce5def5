using Realm.Generation;

namespace Realm.Abi;

/// <summary>
/// What every call from C goes through: no exception leaves (it would end the process), the status is returned and explained in the caller's
/// error buffer, and after the shutdown nothing is begun any more.
/// </summary>
internal static unsafe class Boundary
{
    private static volatile bool _shutDown;
    private static int _inside;

    /// <summary>Calls under way.</summary>
    public static int Inside => Volatile.Read(ref _inside);

    /// <summary>Runs an export's body.</summary>
    /// <returns>0, or the code that also stands in *error.</returns>
    public static int Run(RealmError* error, Action body) => Run(error, body, static b => b());

    /// <summary>The same for what is called for every token: with a static body and a struct of arguments nothing is allocated.</summary>
    public static int Run<TArguments>(RealmError* error, TArguments arguments, Action<TArguments> body)
    {
        try
        {
            Interlocked.Increment(ref _inside);
            try
            {
                if (_shutDown)
                {
                    RealmError.Fill(error, ErrorCode.Shutdown, "the engine was shut down: this process is ending");
                    return (int)ErrorCode.Shutdown;
                }
                RealmError.Fill(error, ErrorCode.Ok, "");
                body(arguments);
                return 0;
            }
            finally
            {
                Interlocked.Decrement(ref _inside);
            }
        }
        catch (Exception e)
        {
            return Explain(error, e);
        }
    }

    /// <summary>From now on every call fails.</summary>
    public static void ShutDown() => _shutDown = true;

    private static int Explain(RealmError* error, Exception e)
    {
        try
        {
            RealmException failure = RealmFailure.Of(e);
            RealmError.Fill(error, failure.Code, failure.Message);
            return (int)failure.Code;
        }
        catch (Exception)
        {
            // Explaining took memory that was not there.
            RealmError.Fill(error, ErrorCode.OutOfMemory, "not enough memory");
            return (int)ErrorCode.OutOfMemory;
        }
    }
}
