using System.Runtime.InteropServices;
using Realm.Generation;

namespace Realm.Abi;

/// <summary>realm.h, "files".</summary>
internal static unsafe class InspectExports
{
    // int32_t realm_file_inspect(const uint8_t *path, uint64_t length, const uint8_t *options, uint64_t options_length, uint8_t *json, uint64_t capacity, uint64_t *needed, realm_error *error);
    [UnmanagedCallersOnly(EntryPoint = "realm_file_inspect")]
    public static int Inspect(
        byte* path, ulong length, byte* options, ulong optionsLength, byte* json, ulong capacity, ulong* needed, RealmError* error) => Boundary.Run(error, () =>
    {
        InspectionOptions how = InspectionOptions.Read(Arguments.Bytes(options, optionsLength, "options"));
        Results.Bytes(InspectionDescription.Json(Arguments.Path(path, length), how), json, capacity, needed);
    });

    // int32_t realm_file_inspect_start(const uint8_t *path, uint64_t length, const uint8_t *options, uint64_t options_length, realm_notify notify, void *user, uint64_t *job, realm_error *error);
    [UnmanagedCallersOnly(EntryPoint = "realm_file_inspect_start")]
    public static int InspectStart(
        byte* path, ulong length, byte* options, ulong optionsLength, delegate* unmanaged<void*, void> notify, void* user, ulong* job, RealmError* error) => Boundary.Run(error, () =>
    {
        Arguments.Check(job, 1, 1, "job");
        InspectionOptions how = InspectionOptions.Read(Arguments.Bytes(options, optionsLength, "options"));
        string text = Arguments.Path(path, length);
        *job = Engine.Register(InspectJob.Start(() => InspectionDescription.Json(text, how).ToArray(), notify, user));
    });
}
