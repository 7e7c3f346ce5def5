using System.Diagnostics;
using System.Runtime.InteropServices;
using Realm.Blocks;
using Realm.Kernels;

namespace Realm.Runtime;

/// <summary>How texts become vectors.</summary>
/// <param name="Pooling">How a text's tokens become one.</param>
/// <param name="Normalized">Vectors are made one long.</param>
/// <param name="Dimensions">Numbers of a vector that are kept, the first ones, as of models that were trained for it (Kusupati et al.,
/// 2022); 0: all.</param>
public sealed record EmbeddingOptions(Pooling Pooling, bool Normalized, int Dimensions = 0)
{
    /// <summary>See the parameter.</summary>
    public Pooling Pooling { get; set; } = Pooling;

    /// <summary>See the parameter.</summary>
    public bool Normalized { get; set; } = Normalized;

    /// <summary>See the parameter.</summary>
    public int Dimensions { get; set; } = Dimensions;

    /// <summary>How strong each of the model's adapters is for these texts; null: as they were opened.</summary>
    public float[]? AdapterScales { get; set; }

    /// <summary>Tokens that a text may have; 0: as many as the model was trained for.</summary>
    public int ContextLength { get; init; }
}

/// <summary>Told of each pass.</summary>
/// <param name="ticks">How long it took, in units of <see cref="Stopwatch.Frequency"/>.</param>
/// <param name="rows">Tokens that went through.</param>
/// <param name="isDone">It was not broken off.</param>
internal delegate void PassWatch(long ticks, int rows, bool isDone);

/// <summary>Makes vectors of texts: as many texts as fit go through the network together. For one thread.</summary>
public sealed unsafe class TextEmbedder : IDisposable
{
    // Rows of a pass that is filled up with more texts; one that is longer goes alone. More would leave the caches.
    private const int FilledRows = 256;

    private readonly Model _model;
    private readonly EmbeddingOptions _options;
    private readonly Pooling _pooling;
    private readonly Batch _batch;
    private readonly int _contextLength;
    private readonly PassWatch? _watch;
    private readonly List<Session> _sessions = [];
    private readonly List<Part> _parts = [];
    private readonly float* _pooled;
    private volatile bool _cancelled;

    /// <summary>Memory for passes of a model.</summary>
    /// <param name="model">Whose.</param>
    /// <param name="options">How.</param>
    /// <exception cref="RealmException">E_UNSUPPORTED: a classifier is asked for and there is none. E_INVALID_ARGUMENT: dimensions.</exception>
    public TextEmbedder(Model model, EmbeddingOptions options)
        : this(model, options, null)
    {
    }

    /// <summary>Memory for passes of a model, each of which somebody is told of.</summary>
    /// <param name="model">Whose.</param>
    /// <param name="options">How.</param>
    /// <param name="watch">Who; null: nobody.</param>
    internal TextEmbedder(Model model, EmbeddingOptions options, PassWatch? watch)
    {
        _model = model;
        _options = options;
        _watch = watch;
        _contextLength = options.ContextLength == 0 ? model.Config.ContextLength : options.ContextLength;
        _pooling = model.PoolingOf(options.Pooling);
        Size = (int)model.VectorsSize(options, tokens: 1);
        _batch = model.NewBatch();
        int results = IsPooled ? model.SummarySize(Ranks) : 0;
        _pooled = (float*)SystemMemory.AllocateLines((long)(model.VectorSize + results) * sizeof(float));
    }

    /// <summary>Numbers of a vector.</summary>
    public int Size { get; }

    // One vector for a text.
    private bool IsPooled => _pooling != Pooling.None;

    private bool Ranks => _options.Pooling == Pooling.Rank;

    /// <summary>Numbers of a text's result: a vector, or one for each token.</summary>
    public long SizeOf(int[] text) => IsPooled ? Size : (long)text.Length * Size;

    /// <summary>Ends a run soon. From any thread.</summary>
    public void Cancel()
    {
        _cancelled = true;
        _batch.Cancel = true;
    }

    /// <summary>Vectors of all texts, one after another.</summary>
    /// <param name="texts">Ids, at least one each.</param>
    /// <param name="output">Room for the sum of <see cref="SizeOf"/>.</param>
    /// <returns>False: cancelled.</returns>
    /// <exception cref="RealmException">E_INVALID_TOKEN, E_CONTEXT_FULL, E_INVALID_ARGUMENT: an empty text.</exception>
    public bool Run(IReadOnlyList<int[]> texts, float* output)
    {
        for (int i = 0; i < texts.Count; i++)
            Check(texts[i], i);
        int text = 0, fed = 0;
        while (text < texts.Count)
        {
            _batch.Clear();
            if (_cancelled)
                return false;
            Fill(texts, ref text, ref fed);
            if (!Forward())
                return false;
            foreach (Part part in _parts)
                output = Take(part, output);
        }
        return true;
    }

    // Some tokens of a text in a pass: of `Length` those from `From` on.
    private readonly record struct Part(int Session, int FirstRow, int Count, int From, int Length);

    private bool Forward()
    {
        long begun = Stopwatch.GetTimestamp();
        bool done = false;
        try
        {
            return done = _model.Forward(_batch);
        }
        finally
        {
            _watch?.Invoke(Stopwatch.GetTimestamp() - begun, _batch.Count, done);
        }
    }

    private void Check(int[] text, int index)
    {
        if (text.Length == 0)
            throw new RealmException(ErrorCode.InvalidArgument, $"text {index} has no tokens");
        if (text.Length > _contextLength)
            throw new RealmException(ErrorCode.ContextFull, $"text {index} has {text.Length} tokens, the context holds {_contextLength}");
        int wrong = Array.FindIndex(text, id => (uint)id >= (uint)_model.Config.VocabSize);
        if (wrong >= 0)
            throw new RealmException(ErrorCode.InvalidToken,
                $"token {(uint)text[wrong]} at index {wrong} of text {index} is not in the vocabulary of {_model.Config.VocabSize}");
    }

    // `fed` tokens of text `text` are done.
    private void Fill(IReadOnlyList<int[]> texts, ref int text, ref int fed)
    {
        bool whole = _model.ReadsWholeTexts;
        _parts.Clear();
        for (int used = 0; text < texts.Count; used++)
        {
            int[] ids = texts[text];
            int rows = whole ? ids.Length : Math.Min(ids.Length - fed, FilledRows - _batch.Count);
            if (rows == 0 || (_batch.Count > 0 && _batch.Count + rows > FilledRows))
                return;
            Session session = SessionAt(used, fed == 0 ? ids.Length : 0);
            _parts.Add(new Part(used, _batch.Count, rows, fed, ids.Length));
            for (int i = fed; i < fed + rows; i++)
                _batch.Add(session, ids[i], wantLogits: false, wantHidden: Wants(i, ids.Length));
            fed += rows;
            if (fed < ids.Length)
            {
                // It goes on in the next pass, as the first one there.
                (_sessions[0], _sessions[used]) = (_sessions[used], _sessions[0]);
                return;
            }
            text++;
            fed = 0;
        }
    }

    private bool Wants(int position, int length) => _pooling switch
    {
        Pooling.Cls => position == 0,
        Pooling.Last => position == length - 1,
        _ => true,
    };

    // For a text of `anew` tokens; 0: the one under way.
    private Session SessionAt(int index, int anew)
    {
        if (index == _sessions.Count)
        {
            _sessions.Add(_model.NewSession(anew, _options.AdapterScales));
        }
        else if (anew > 0 && _model.TurnsByLength)
        {
            _sessions[index].Dispose();
            _sessions[index] = _model.NewSession(anew, _options.AdapterScales);
        }
        else if (anew > 0)
        {
            _sessions[index].Truncate(0);
        }
        return _sessions[index];
    }

    /// <summary>Takes a part's rows; returns where the next result goes.</summary>
    private float* Take(in Part part, float* output)
    {
        int width = _model.VectorSize;
        for (int i = 0; i < part.Count; i++)
        {
            int position = part.From + i;
            if (!Wants(position, part.Length))
                continue;
            float* row = _batch.Hidden(part.FirstRow + i);
            if (!IsPooled)
                output = Finish(row, output);
            else if (position == 0 || _pooling == Pooling.Last)
                NativeMemory.Copy(row, _pooled, (nuint)width * sizeof(float));
            else
                Add(row, width);
        }
        if (!IsPooled || part.From + part.Count < part.Length)
            return output;
        if (_pooling == Pooling.Mean)
        {
            for (int i = 0; i < width; i++)
                _pooled[i] /= part.Length;
        }
        _model.Summarize(Ranks, _pooled, 1, _pooled + width);
        return Finish(_pooled + width, output);
    }

    // Positions are added in order, whatever the passes are.
    private void Add(float* row, int width)
    {
        for (int i = 0; i < width; i++)
            _pooled[i] += row[i];
    }

    private float* Finish(float* vector, float* output)
    {
        int size = Size;
        double sum = 0;
        for (int i = 0; i < size; i++)
            sum += (double)vector[i] * vector[i];
        float scale = _options.Normalized && sum > 0 ? (float)(1 / Math.Sqrt(sum)) : 1f;
        for (int i = 0; i < size; i++)
            output[i] = vector[i] * scale;
        return output + size;
    }

    /// <summary>Frees the memory.</summary>
    public void Dispose()
    {
        foreach (Session session in _sessions)
            session.Dispose();
        _sessions.Clear();
        _batch.Dispose();
        SystemMemory.FreeLines(_pooled);
    }
}
