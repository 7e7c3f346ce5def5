using Xunit;

namespace Realm.Tests.Generation;

/// <summary>Tests that look at what the whole process shares (which models are loaded) run one after the other.</summary>
[CollectionDefinition(Name)]
public sealed class ProcessWide
{
    public const string Name = "process-wide state";
}
