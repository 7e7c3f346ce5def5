using Realm.Passes;

namespace Realm.Branches;

/// <summary>
/// Experts in groups, each group with a smaller expert of its own, its adjugate, that serves a token as often as one of the group's experts
/// does: scale · adjugates(y) added to y, the experts' result. (Wu et al., 2025)
/// </summary>
/// <remarks>As llama.cpp has it, adjugates read what the experts made, and number g's weight is the score of expert g.</remarks>
internal sealed unsafe class GroveExperts : Branch
{
    private readonly Router _router;
    private readonly AdjugateChoice _choice;
    private readonly Experts _experts;
    private readonly Experts _adjugates;
    private readonly float _scale;
    private RowBuffer _result = null!;

    /// <param name="router">Which experts serve which rows.</param>
    /// <param name="experts">The experts of that router, which do not route themselves.</param>
    /// <param name="perGroup">Experts of a group.</param>
    /// <param name="inner">The adjugates' inner matrices.</param>
    /// <param name="down">The adjugates' outer matrices.</param>
    /// <param name="scale">What their result is multiplied with.</param>
    public GroveExperts(Router router, Experts experts, int perGroup, Matrices[] inner, Linear[] down, float scale)
    {
        _router = router;
        _experts = experts;
        _scale = scale;
        _choice = new AdjugateChoice(router, perGroup,
            router.Routing with { Experts = inner.Length, Used = Math.Min(inner.Length, router.Routing.Used) });
        _adjugates = new Experts(_choice, inner, down, routed: true);
    }

    public override SourceNeeds Reads => _experts.Reads | _router.Reads;

    public override void Ask(Needs needs)
    {
        _router.Ask(needs);
        _choice.Ask(needs);
        _result = needs.Rows(needs.Hidden);
        needs.Children(_experts, _adjugates);
    }

    public override void Forward(in Step step, in Source source, in Target target)
    {
        _router.Route(step, source);                                                          // (rows, used)
        _choice.Choose(step, source.Count);
        _experts.Forward(step, source, _result);                                              // (rows, hidden)
        (int first, int last) = step.Share(source.Count);
        for (int row = first; row < last; row++)
            target.Put(row, _result.Row(row), (int)_result.Floats);
        Source made = new(source.Inputs, source.Count, _result);
        _adjugates.Forward(step, made, target.Times(_scale).Added);                           // (rows, hidden)
    }

    /// <summary>The groups of the experts that a router has chosen.</summary>
    private sealed class AdjugateChoice(Router router, int perGroup, Routing routing) : ExpertChoice(routing)
    {
        // Experts of one group have one adjugate.
        public override bool Repeats => true;

        /// <summary>Chooses for all rows. Waits.</summary>
        public void Choose(in Step step, int rows)
        {
            (int first, int last) = step.Share(rows);
            for (int row = first; row < last; row++)
            {
                for (int rank = 0; rank < Routing.Used; rank++)
                {
                    Chosen(row)[rank] = router.Expert(row, rank) / perGroup;
                    Weights(row)[rank] = router.Score(row, Chosen(row)[rank]);
                }
                Normalize(Weights(row));
            }
            step.Barrier();
        }
    }
}
