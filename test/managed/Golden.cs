using System.Text.Json;

namespace Realm.Tests;

/// <summary>Reference data outside the repository: what a correct engine computes. Absent in a plain clone.</summary>
internal static class Golden
{
    /// <summary>The root of the repository.</summary>
    public static string Repository { get; } = FindRepository();

    /// <summary>The folder of reference data, or null.</summary>
    public static string? Folder { get; } = Find("REALM_GOLDEN", "golden");

    /// <summary>The folder of larger models, or null.</summary>
    public static string? Models { get; } = Find("REALM_MODELS", "models");

    /// <summary>The embedded model, always there.</summary>
    public static string TinyAtlas { get; } = Path.Combine(Repository, "models", "tiny-atlas-q4_k_m.gguf");

    public static JsonElement Json(string name) => JsonDocument.Parse(File.ReadAllBytes(Path.Combine(Folder!, name))).RootElement;

    public static float[] Floats(string name)
    {
        byte[] bytes = File.ReadAllBytes(Path.Combine(Folder!, name));
        float[] floats = new float[bytes.Length / 4];
        Buffer.BlockCopy(bytes, 0, floats, 0, bytes.Length);
        return floats;
    }

    public static int[] Integers(JsonElement array) => [.. array.EnumerateArray().Select(e => e.GetInt32())];

    /// <summary>sum((a-b)²) / sum(b²), b being the reference.</summary>
    public static double Nmse(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        double error = 0, norm = 0;
        for (int i = 0; i < b.Length; i++)
        {
            error += ((double)a[i] - b[i]) * ((double)a[i] - b[i]);
            norm += (double)b[i] * b[i];
        }
        return error / norm;
    }

    /// <summary>The cosine of the angle between two vectors.</summary>
    public static double Cosine(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        double product = 0, first = 0, second = 0;
        for (int i = 0; i < b.Length; i++)
        {
            product += (double)a[i] * b[i];
            first += (double)a[i] * a[i];
            second += (double)b[i] * b[i];
        }
        return product / Math.Sqrt(first * second);
    }

    private static string? Find(string variable, string name)
    {
        string folder = Environment.GetEnvironmentVariable(variable) ?? Path.Combine(Repository, "..", "shared", name);
        return Directory.Exists(folder) ? Path.GetFullPath(folder) : null;
    }

    private static string FindRepository()
    {
        string? folder = AppContext.BaseDirectory;
        while (folder != null && !File.Exists(Path.Combine(folder, "Realm.Native.csproj")))
            folder = Path.GetDirectoryName(folder);
        return folder ?? throw new InvalidOperationException("the tests run outside the repository");
    }
}
