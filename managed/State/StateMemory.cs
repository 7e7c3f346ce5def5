using Realm.Kernels;

namespace Realm.State;

/// <summary>
/// Memory of what sequences remember: pages, each with a count of those who hold it, and fixed slots. Counts what there is of it in
/// the process. When the system has none left, caches are asked to give back what nobody uses, and it is tried again.
/// </summary>
internal static unsafe class StateMemory
{
    // A page's count of owners stands behind its bytes.
    private const int CountBytes = 64;

    private static long _pages;
    private static long _bytes;

    /// <summary>There is no memory left: who keeps what can be computed again gives it back. Called on any thread.</summary>
    public static event Action? Short;

    /// <summary>Asks caches to give back what nobody uses.</summary>
    public static void GiveBack() => Short?.Invoke();

    /// <summary>Pages that there are, each once however many hold it.</summary>
    public static long Pages => Interlocked.Read(ref _pages);

    /// <summary>Bytes of pages and fixed slots together.</summary>
    public static long Bytes => Interlocked.Read(ref _bytes);

    /// <summary>A page that one holds. On Linux what is never touched of it takes no memory.</summary>
    /// <exception cref="RealmException">E_OUT_OF_MEMORY.</exception>
    public static byte* NewPage(long bytes)
    {
        byte* page = Allocate(bytes + CountBytes, "key/value cache page");
        Owners(page, bytes) = 1;
        Interlocked.Increment(ref _pages);
        return page;
    }

    /// <summary>One more holds the page.</summary>
    public static void Share(byte* page, long bytes) => Interlocked.Increment(ref Owners(page, bytes));

    /// <summary>Whether others than the one who asks hold the page.</summary>
    public static bool IsShared(byte* page, long bytes) => Volatile.Read(ref Owners(page, bytes)) > 1;

    /// <summary>One holds the page no more; with the last its memory goes.</summary>
    public static void Leave(byte* page, long bytes)
    {
        if (Interlocked.Decrement(ref Owners(page, bytes)) > 0)
            return;
        Interlocked.Decrement(ref _pages);
        Free(page, bytes + CountBytes);
    }

    /// <summary>Zeroed numbers of fixed slots.</summary>
    /// <exception cref="RealmException">E_OUT_OF_MEMORY.</exception>
    public static float* NewNumbers(long count) => (float*)Allocate(checked(count * sizeof(float)), "recurrent state");

    /// <summary>Gives them back; null is nothing.</summary>
    public static void FreeNumbers(float* numbers, long count)
    {
        if (numbers != null)
            Free((byte*)numbers, checked(count * sizeof(float)));
    }

    private static ref int Owners(byte* page, long bytes) => ref *(int*)(page + bytes);

    private static byte* Allocate(long bytes, string what)
    {
        byte* memory;
        try
        {
            memory = SystemMemory.Allocate(bytes);
        }
        catch (OutOfMemoryException)
        {
            GiveBack();
            try
            {
                memory = SystemMemory.Allocate(bytes);
            }
            catch (OutOfMemoryException)
            {
                throw new RealmException(ErrorCode.OutOfMemory, $"no memory for a {what} of {bytes} bytes");
            }
        }
        Interlocked.Add(ref _bytes, bytes);
        return memory;
    }

    private static void Free(byte* memory, long bytes)
    {
        Interlocked.Add(ref _bytes, -bytes);
        SystemMemory.Free(memory, bytes);
    }
}
