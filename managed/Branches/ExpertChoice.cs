using Realm.Passes;

namespace Realm.Branches;

/// <summary>The experts that serve each row, and their weights. Entries are row · used + rank, best expert first.</summary>
internal abstract unsafe class ExpertChoice(Routing routing) : IAsk
{
    private RowBuffer _weights = null!;
    private RowBuffer _chosen = null!;

    public Routing Routing => routing;

    /// <summary>Whether an expert may serve a row more than once.</summary>
    public virtual bool Repeats => false;

    public virtual void Ask(Needs needs)
    {
        _weights = needs.Rows(routing.Used);
        // Numbers of experts, as integers.
        _chosen = needs.Rows(routing.Used);
    }

    /// <summary>The expert of an entry.</summary>
    public int Expert(int row, int rank) => Chosen(row)[rank];

    /// <summary>The weight of an entry.</summary>
    public float Weight(int row, int rank) => Weights(row)[rank];

    /// <summary>The experts of a row.</summary>
    protected int* Chosen(int row) => (int*)_chosen.Row(row);

    /// <summary>Their weights.</summary>
    protected float* Weights(int row) => _weights.Row(row);

    /// <summary>Weights over their sum, if they are normalised, times the scale.</summary>
    protected void Normalize(float* weights)
    {
        int used = routing.Used;
        float sum = 0;
        for (int i = 0; i < used; i++)
            sum += weights[i];
        sum = routing.Normalizes ? MathF.Max(sum, routing.SmallestSum) : 1f;
        for (int i = 0; i < used; i++)
            weights[i] = weights[i] / sum * routing.Scale;
    }
}
