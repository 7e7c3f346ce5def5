using System.Buffers;
using System.Text.Json;
using Realm.Generation;

namespace Realm.Abi;

/// <summary>The JSON of <c>realm_job_end</c>.</summary>
internal static class JobDescription
{
    /// <summary>How a job ended. <c>stop</c> is the text or the token that ended it, or null.</summary>
    public static ReadOnlySpan<byte> Json(JobEnd end)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        using var json = new Utf8JsonWriter(buffer);
        json.WriteStartObject();
        json.WriteString("finishReason", end.Reason switch
        {
            FinishReason.Stop => "stop",
            FinishReason.Length => "length",
            FinishReason.Cancelled => "cancelled",
            _ => null,
        });
        if (end.StopText is { } text)
        {
            json.WriteString("stop", text);
        }
        else if (end.StopId is { } id)
        {
            json.WriteNumber("stop", id);
        }
        else
        {
            json.WriteNull("stop");
        }
        if (end.IsChecked is { } isChecked)
        {
            json.WriteBoolean("checked", isChecked);
        }
        json.WriteNumber("promptTokens", end.Figures.PromptTokens);
        json.WriteNumber("cachedTokens", end.Figures.CachedTokens);
        json.WriteNumber("generatedTokens", end.Figures.GeneratedTokens);
        json.WriteNumber("draftedTokens", end.Figures.DraftedTokens);
        json.WriteNumber("acceptedTokens", end.Figures.AcceptedTokens);
        json.WriteStartObject("timings");
        json.WriteNumber("queued", Math.Round(end.Figures.Times.Queued, 3));
        json.WriteNumber("prompt", Math.Round(end.Figures.Times.Prompt, 3));
        json.WriteNumber("generation", Math.Round(end.Figures.Times.Generation, 3));
        json.WriteEndObject();
        json.WriteEndObject();
        json.Flush();
        return buffer.WrittenSpan;
    }
}
