using Realm.State;
using Realm.Runtime;
using Xunit;

namespace Realm.Tests.Runtime;

/// <summary>The same bits however a text is run, and the errors of the runtime; on the embedded model.</summary>
public sealed unsafe class ModelTests : IDisposable
{
    private static readonly int[] _tokens = [.. Enumerable.Range(0, 75).Select(i => i * 37 % 1536)];

    private readonly ModelFile _file = ModelFile.OpenPath(Golden.TinyAtlas);

    public void Dispose() => _file.Dispose();

    [Fact]
    public void Gives_the_same_bits_however_it_is_run()
    {
        float[] expected;
        using (Model model = Model.Load(_file, new ModelOptions(1)))
            expected = Networks.Logits(model, _tokens, _tokens.Length);
        foreach ((int threads, bool packed, int chunk) in new[] { (1, true, 1), (2, true, 1), (2, true, 8), (3, true, 7), (2, false, 75), (1, false, 1) })
        {
            using Model model = Model.Load(_file, new ModelOptions(threads, packed));
            Assert.Equal(expected, Networks.Logits(model, _tokens, chunk));
            Assert.Equal(expected, Networks.LayerByLayer(model, _tokens, chunk));
        }
    }

    /// <summary>Somebody's time is over within a pass: who is asked then says whether it goes on; the sessions are as they were, or whole.</summary>
    [Theory]
    [InlineData(1, false)]
    [InlineData(2, true)]
    public void ADeadlineIsSeenWithinAPass(int threads, bool ends)
    {
        using Model model = Model.Load(_file, new ModelOptions(threads));
        using Batch batch = model.NewBatch();
        using Session session = model.NewSession();
        foreach (int token in _tokens)
            batch.Add(session, token, wantLogits: false);
        int asked = 0;
        batch.Overdue = () =>
        {
            asked++;
            return ends;
        };
        batch.Deadline = Environment.TickCount64 + 1_000_000;
        Assert.True(model.Forward(batch));
        Assert.Equal(0, asked);
        batch.Clear();
        foreach (int token in _tokens)
            batch.Add(session, token, wantLogits: false);
        batch.Deadline = Environment.TickCount64;
        Assert.Equal(!ends, model.Forward(batch));
        // Also in the midst of layers.
        Assert.InRange(asked, ends ? 1 : model.Config.Layers + 1, ends ? 1 : int.MaxValue);
        Assert.Equal(ends ? _tokens.Length : 2 * _tokens.Length, session.Length);
    }

    /// <summary>A layer may be as large as a file says: a pass does not wait for its end.</summary>
    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 1)]
    [InlineData(1, 40)]
    [InlineData(2, 40)]
    public void A_pass_is_given_up_in_the_midst_of_a_layer(int threads, int rows)
    {
        using Model model = Model.Load(_file, new ModelOptions(threads));
        using Batch batch = model.NewBatch();
        using Session session = model.NewSession();
        int asked = 0;
        // The first question stands before the first layer.
        batch.Overdue = () => ++asked > 2;
        batch.Deadline = 0;
        Fill();
        Assert.False(model.Forward(batch));
        Assert.Equal(0, session.Length);
        Assert.Equal(3, asked);
        batch.Overdue = null;
        batch.Clear();
        Fill();
        Assert.True(model.Forward(batch));
        Assert.Equal(Networks.Logits(model, _tokens.AsSpan(0, rows), rows)[^1536..], new ReadOnlySpan<float>(batch.Logits(rows - 1), 1536).ToArray());

        void Fill()
        {
            foreach (int token in _tokens.AsSpan(0, rows))
                batch.Add(session, token, true);
        }
    }

    [Theory]
    [InlineData(135)]
    [InlineData(8)]
    [InlineData(6)]
    [InlineData(3)]
    public void Gives_each_sequence_of_a_batch_what_it_gets_alone(int rowsAPass)
    {
        using Model model = Model.Load(_file, new ModelOptions(2));
        int[][] texts = [_tokens[..20], _tokens[20..25], _tokens[25..70]];
        using Batch batch = model.NewBatch();
        Session[] sessions = [model.NewSession(), model.NewSession(), model.NewSession()];
        List<float>[] together = [[], [], []];
        List<int> owners = [];
        // A pass holds some rows of each sequence, another number of each time.
        int[] next = new int[3];
        for (int turn = 0; next.Sum() < texts.Sum(text => text.Length); turn++)
        {
            for (int s = 0; s < 3; s++)
            {
                int room = Math.Min(rowsAPass / 3, texts[s].Length - next[s]);
                for (int i = (turn + s) % 2; i < room; i++)
                {
                    batch.Add(sessions[s], texts[s][next[s]++], true);
                    owners.Add(s);
                }
            }
            Run();
        }
        Run();
        for (int s = 0; s < 3; s++)
        {
            Assert.Equal(Networks.Logits(model, texts[s], 512), together[s]);
            Assert.Equal(texts[s].Length, sessions[s].Length);
            sessions[s].Dispose();
        }

        void Run()
        {
            if (batch.Count == 0)
                return;
            Assert.True(model.Forward(batch));
            for (int row = 0; row < batch.Count; row++)
                together[owners[row]].AddRange(new ReadOnlySpan<float>(batch.Logits(row), model.Config.VocabSize));
            owners.Clear();
            batch.Clear();
        }
    }

    [Fact]
    public void Truncates_and_goes_on()
    {
        using Model model = Model.Load(_file, new ModelOptions(2));
        using Session session = model.NewSession();
        using Batch batch = model.NewBatch();
        Run(_tokens[..70]);
        session.Truncate(60);
        Run(_tokens[60..75]);
        float[] expected = Networks.Logits(model, _tokens, 512);
        Assert.Equal(expected[(74 * 1536)..], new ReadOnlySpan<float>(batch.Logits(14), 1536).ToArray());
        Assert.Equal(ErrorCode.InvalidArgument, Assert.Throws<RealmException>(() => session.Truncate(76)).Code);

        void Run(int[] tokens)
        {
            batch.Clear();
            foreach (int token in tokens)
                batch.Add(session, token, true);
            Assert.True(model.Forward(batch));
        }
    }

    [Fact]
    public void A_cancelled_pass_leaves_the_session_as_it_was()
    {
        using Model model = Model.Load(_file, new ModelOptions(2));
        using Session session = model.NewSession();
        using Batch batch = model.NewBatch();
        batch.Add(session, 5, true);
        batch.Cancel = true;
        Assert.False(model.Forward(batch));
        Assert.Equal(0, session.Length);
        batch.Clear();
        batch.Add(session, 5, true);
        Assert.True(model.Forward(batch));
        Assert.Equal(1, session.Length);
    }

    [Fact]
    public void Refuses_what_it_cannot_do()
    {
        using Model model = Model.Load(_file, new ModelOptions(1));
        using Session session = model.NewSession();
        using Batch batch = model.NewBatch();
        batch.Add(session, 1536, false);
        AssertError(ErrorCode.InvalidToken, "token id 1536 is not in the vocabulary of 1536", () => model.Forward(batch));
        batch.Clear();
        for (int pass = 0; pass < 2; pass++)
        {
            for (int i = 0; i < 256; i++)
                batch.Add(session, 1, false);
            AssertError(ErrorCode.Limit, "the batch is full: it holds 256 rows", () => batch.Add(session, 1, false));
            Assert.True(model.Forward(batch));
            batch.Clear();
        }
        batch.Add(session, 1, false);
        AssertError(ErrorCode.ContextFull, "context full: position 512 asked, the context holds 512", () => model.Forward(batch));

        float[] x = new float[256];
        using Session fresh = model.NewSession();
        fixed (float* h = x)
        {
            float* p = h;
            AssertError(ErrorCode.CacheGap, "position 1 leaves a gap: layer 2 holds 0 positions", () => model.ForwardLayer(fresh, 2, p, 1, 1, p));
            AssertError(ErrorCode.ContextFull, "positions 0 to 512 asked, the context holds 512", () => model.ForwardLayer(fresh, 2, p, 513, 0, p));
            AssertError(ErrorCode.InvalidArgument, "layer 4 asked, the model has 4", () => model.ForwardLayer(fresh, 4, p, 1, 0, p));
        }
        model.Dispose();
        AssertError(ErrorCode.ModelClosed, "the model is closed", () => model.Forward(batch));
    }

    [Fact]
    public void Rows_of_a_session_stand_side_by_side()
    {
        using Model model = Model.Load(_file, new ModelOptions(1));
        using Session a = model.NewSession(), b = model.NewSession();
        using Batch batch = model.NewBatch();
        batch.Add(a, 1, false);
        batch.Add(b, 1, false);
        AssertError(ErrorCode.InvalidArgument, "the rows of a session must be added one after the other", () => batch.Add(a, 2, false));
    }

    /// <summary>More rows of a pass than there is room for are written nowhere.</summary>
    [Fact]
    public void A_pass_has_as_many_rows_as_were_asked_for()
    {
        using Model model = Model.Load(_file, new ModelOptions(1));
        using Session session = model.NewSession();
        using Realm.Passes.RowSet rows = new();
        rows.Reserve(4);
        rows.Add(session.State, 0, 3);
        Assert.Equal("no room for 2 rows behind 3: there are 4", Assert.Throws<InvalidOperationException>(() => rows.Add(session.State, 3, 2)).Message);
    }

    [Fact]
    public void Decoding_allocates_nothing_on_the_managed_heap()
    {
        using Model model = Model.Load(_file, new ModelOptions(2));
        using Session session = model.NewSession();
        using Batch batch = model.NewBatch();
        Decode(10);
        // What the runtime makes once (a thread that waits for the first time has an event made for it) is not made again.
        long allocated = long.MaxValue;
        for (int round = 0; round < 5 && allocated != 0; round++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            Decode(50);
            allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        }
        Assert.Equal(0, allocated);

        void Decode(int count)
        {
            for (int i = 0; i < count; i++)
            {
                batch.Clear();
                batch.Add(session, i, true);
                model.Forward(batch);
            }
        }
    }

    private static void AssertError(ErrorCode code, string message, Action action)
    {
        RealmException error = Assert.Throws<RealmException>(action);
        Assert.Equal(code, error.Code);
        Assert.Equal(message, error.Message);
    }
}
