namespace Realm.Grammars;

/// <summary>
/// What is to follow the rules that are open within one state, the innermost first. Cell 0 is the bottom: what lies below is not the
/// state's concern.
/// </summary>
internal readonly record struct StackCell(int Return, int Below);
