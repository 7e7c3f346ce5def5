namespace Realm.Generation;

/// <summary>Who goes first where not everybody can: the higher number. Waiting raises it (see <see cref="Admission{T}"/> and
/// <see cref="BatchPlan"/>).</summary>
public enum Priority
{
    /// <summary>Gets what nobody else wants.</summary>
    Background = 0,

    /// <summary>As all are unless they say otherwise.</summary>
    Normal = 1,

    /// <summary>Somebody waits for the first word.</summary>
    High = 2,
}
