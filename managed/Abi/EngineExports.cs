using System.Runtime.InteropServices;
using Realm.Parallel;
using Realm.Runtime;

namespace Realm.Abi;

/// <summary>realm.h, "the engine".</summary>
internal static unsafe class EngineExports
{
    /// <summary>REALM_ABI_VERSION of realm.h.</summary>
    private const int AbiVersion = 6;

    // int32_t realm_abi_version(void);
    [UnmanagedCallersOnly(EntryPoint = "realm_abi_version")]
    public static int Version()
    {
        RuntimeStart.Prepare();
        return AbiVersion;
    }

    // int32_t realm_engine_describe(uint8_t *json, uint64_t capacity, uint64_t *length, realm_error *error);
    [UnmanagedCallersOnly(EntryPoint = "realm_engine_describe")]
    public static int Describe(byte* json, ulong capacity, ulong* length, RealmError* error) =>
        Boundary.Run(error, () => Results.Bytes(EngineDescription.Json(), json, capacity, length));

    // int32_t realm_engine_shutdown(uint32_t deadline_ms, realm_error *error);
    [UnmanagedCallersOnly(EntryPoint = "realm_engine_shutdown")]
    public static int Shutdown(uint deadline, RealmError* error) => Boundary.Run(error, () => Engine.ShutDown(deadline));

    // int32_t realm_engine_watch_files(realm_arm arm, realm_file_map *maps, uint32_t capacity, realm_error *error);
    [UnmanagedCallersOnly(EntryPoint = "realm_engine_watch_files")]
    public static int WatchFiles(delegate* unmanaged<void> arm, FileMap* maps, uint capacity, RealmError* error) => Boundary.Run(error, () =>
    {
        Arguments.Check(maps, capacity, int.MaxValue, "maps");
        FileMaps.Watch(arm, maps, (int)capacity);
    });
}
