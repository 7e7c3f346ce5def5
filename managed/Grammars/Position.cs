namespace Realm.Grammars;

/// <summary>Where a text stands in a grammar: a state, and the frames below its bottom.</summary>
internal readonly record struct Position(int State, Frame? Below);
