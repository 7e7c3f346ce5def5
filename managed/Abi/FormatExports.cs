using System.Runtime.InteropServices;
using Realm.Generation;
using Realm.Grammars;

namespace Realm.Abi;

/// <summary>realm.h, "models": formats that texts keep to.</summary>
internal static unsafe class FormatExports
{
    // int32_t realm_model_compile(uint64_t model, const uint8_t *format, uint64_t length, uint8_t *json, uint64_t capacity, uint64_t *json_length, realm_error *error);
    [UnmanagedCallersOnly(EntryPoint = "realm_model_compile")]
    public static int Compile(ulong model, byte* format, ulong length, byte* json, ulong capacity, ulong* jsonLength, RealmError* error) => Boundary.Run(error, () =>
    {
        OutputFormat how = FormatValue.Read(Arguments.Bytes(format, length, "format"));
        Engine.Model(model).Use(open => Results.Bytes(FormatValue.Describe(Compiled(open, how)), json, capacity, jsonLength));
    });

    // int32_t realm_model_compile_start(uint64_t model, const uint8_t *format, uint64_t length, realm_notify notify, void *user, uint64_t *job, realm_error *error);
    [UnmanagedCallersOnly(EntryPoint = "realm_model_compile_start")]
    public static int CompileStart(
        ulong model, byte* format, ulong length, delegate* unmanaged<void*, void> notify, void* user, ulong* job, RealmError* error) => Boundary.Run(error, () =>
    {
        Arguments.Check(job, 1, 1, "job");
        *job = Engine.Register(Engine.Model(model).Compile(FormatValue.Read(Arguments.Bytes(format, length, "format")), notify, user));
    });

    // int32_t realm_model_test_text(uint64_t model, const uint8_t *format, uint64_t length, const uint8_t *text, uint64_t text_length, int32_t *fits, realm_error *error);
    [UnmanagedCallersOnly(EntryPoint = "realm_model_test_text")]
    public static int TestText(ulong model, byte* format, ulong length, byte* text, ulong textLength, int* fits, RealmError* error) => Boundary.Run(error, () =>
    {
        Arguments.Check(fits, 1, 1, "fits");
        OutputFormat how = FormatValue.Read(Arguments.Bytes(format, length, "format"));
        byte[] bytes = Arguments.Bytes(text, textLength, "text").ToArray();
        bool result = false;
        Engine.Model(model).Use(open => result = new ProducedText(Compiled(open, how), how.Notation == GrammarNotation.Structure).Test(bytes));
        *fits = result ? 1 : 0;
    });

    private static Grammar Compiled(OpenModel open, OutputFormat format)
    {
        open.RequireTokenizer();
        return format.Compile(open.Loaded);
    }
}
