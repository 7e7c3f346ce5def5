namespace Realm.Passes;

/// <summary>The products of matrices with low-rank changes, for passes in which at least one row wants one of them. Rows that don't are
/// given the bits that they have without; products with an activation run as plain ones, and the activation after the changes.</summary>
internal sealed unsafe class LowRankProducts
{
    // The activations go over 8 numbers at a time.
    private const int Step8 = 8;

    private readonly Matrices _matrices;
    private readonly Matrices? _gate;
    private readonly Matrices? _up;
    private readonly Part[] _parts;
    private RowBuffer _sums = null!;
    private RowBuffer? _gates;
    private RowBuffer? _ups;

    public LowRankProducts(Matrices matrices, Linear[] linears, Linear? up)
    {
        _matrices = matrices;
        if (matrices.Activation != null)
        {
            _gate = Matrices.Plain(linears);
            _up = up == null ? null : Matrices.Plain(up);
        }
        List<Part> parts = [];
        int before = 0;
        foreach (Linear linear in linears)
        {
            foreach (LowRank change in linear.Changes)
                parts.Add(new Part(change, before, ofUp: false));
            before += linear.Outputs;
        }
        foreach (LowRank change in up?.Changes ?? [])
            parts.Add(new Part(change, 0, ofUp: true));
        _parts = [.. parts];
    }

    public void Ask(Needs needs)
    {
        foreach (Part part in _parts)
            part.Ask(needs);
        _sums = needs.Rows(_parts.Max(part => part.B.Outputs));
        if (_gate == null)
            return;
        int outputs = checked((_gate.Outputs + Step8 - 1) / Step8 * Step8);
        _gates = needs.Rows(outputs);
        _ups = _up == null ? null : needs.Rows(outputs);
    }

    /// <summary>Whether a row of the pass wants one of the changes.</summary>
    public bool IsUsed(RowSet rows)
    {
        foreach (Part part in _parts)
        {
            if (rows.Uses(part.Adapter))
                return true;
        }
        return false;
    }

    /// <summary>The target += or = the product, with the changes. `picked` says which rows of the pass the source has; null: all. Waits.</summary>
    public void Project(in Step step, in Source source, in Target target, int* picked)
    {
        if (_gate == null)
        {
            step.Multiply(_matrices, source, target);
        }
        else
        {
            step.Multiply(_gate, source, _gates!);
            if (_up != null)
                step.Multiply(_up, source, _ups!);
        }
        foreach (Part part in _parts)
        {
            if (step.Rows.Uses(part.Adapter))
                Change(step, part, source, _gate == null ? target : part.OfUp ? _ups! : _gates!, picked);
        }
        if (_gate != null)
            Activate(step, source.Count, target);
    }

    private void Change(in Step step, Part part, in Source source, in Target target, int* picked)
    {
        step.Multiply(part.A, source, part.Inner);                                           // (rows, rank)
        step.Barrier();
        Source inner = step.Read(part.Inner.View, source.Count, null, part.InnerSource);
        step.Multiply(part.B, inner, _sums);                                                 // (rows, outputs)
        step.Barrier();
        (int first, int last) = step.Share(source.Count);
        for (int row = first; row < last; row++)
        {
            float strength = step.Rows.Strength(part.Adapter, picked == null ? row : picked[row]);
            if (strength != 0)
                target.From(part.Before).Added.Times(strength * part.Scale).Put(row, _sums.Row(row), part.B.Outputs);
        }
        step.Barrier();
    }

    private void Activate(in Step step, int count, in Target target)
    {
        (int first, int last) = step.Share(count);
        for (int row = first; row < last; row++)
        {
            float* gate = _gates!.Row(row);
            if (_ups == null)
                _matrices.Activation!.Apply(gate, (int)_gates.Floats);
            else
                _matrices.Activation!.Gate(gate, _ups.Row(row), (int)_gates.Floats);
            target.Put(row, gate, _matrices.Outputs);
        }
        step.Barrier();
    }

    /// <summary>A change of outputs `before`.. of the first matrices, or of the up matrix.</summary>
    private sealed class Part(LowRank change, int before, bool ofUp)
    {
        public Matrices A { get; } = new(change.A);

        public Matrices B { get; } = new(change.B);

        public int Adapter => change.Adapter;

        public float Scale => change.Scale;

        public int Before => before;

        public bool OfUp => ofUp;

        public RowBuffer Inner { get; private set; } = null!;

        public SourceBuffer InnerSource { get; private set; } = null!;

        public void Ask(Needs needs)
        {
            needs.UnpackedProduct(A);
            needs.UnpackedProduct(B);
            Inner = needs.Rows(A.Outputs);
            InnerSource = needs.Source(B.Layouts, A.Outputs);
        }
    }
}
