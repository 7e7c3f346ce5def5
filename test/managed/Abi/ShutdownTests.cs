using System.Reflection;
using System.Runtime.Loader;
using Realm.Abi;
using Realm.Generation;
using Realm.Runtime;
using Realm.Tests.Generation;
using Xunit;

namespace Realm.Tests.Abi;

/// <summary>The end of the engine: final for a process, so these run in a copy of the assembly with statics of its own.</summary>
[Collection(ProcessWide.Name)]
public sealed unsafe class ShutdownTests
{
    [Fact]
    public void EndsEverythingAndStaysEnded() => InACopy(nameof(WithJobsRunning));

    [Fact]
    public void EndsNothingIfNothingWasBegun() => InACopy(nameof(Idle));

    /// <summary>Runs in the copy.</summary>
    internal static void WithJobsRunning()
    {
        OpenModel model = TestReader.OpenTinyAtlas();
        ulong handle = Engine.Models.Add(model);
        using var reader = new TestReader();
        Job[] jobs = [.. Enumerable.Range(0, 5).Select(_ => model.Generate([1, 2, 3], TestReader.Options(100_000, ignoreEos: true), TestReader.Notify, reader.User))];
        foreach (Job job in jobs)
        {
            Engine.Register(job);
        }
        LoadedModel stored = LoadedModels.LeasePath(Golden.TinyAtlas, new ModelOptions());
        uint id = Engine.Stored.Add(stored, 0);
        Engine.Stored.Use(id, it => Assert.NotNull(it.Loaded.Model));
        reader.AwaitNews();

        delegate* unmanaged<uint, RealmError*, int> shutdown = &EngineExports.Shutdown;
        Assert.Equal(0, shutdown(300_000, null));
        int notified = reader.Notified;
        Assert.All(jobs, job => Assert.True(job.IsFinished));
        Assert.True(EngineThreads.Join(0), "an engine thread is alive");
        Assert.Throws<RealmException>(() => stored.File);
        Assert.Throws<RealmException>(() => model.Loaded.File);

        // Whatever is called now.
        Assert.Equal((35, "the engine was shut down: this process is ending"), Calls.Remove(id));
        Assert.Equal(35, Calls.AddPath(Golden.TinyAtlas).Status);
        delegate* unmanaged<ulong, RealmError*, int> close = &ModelExports.Close;
        Assert.Equal(35, close(handle, null));
        Assert.Equal(35, shutdown(1, null));
        delegate* unmanaged<int> version = &EngineExports.Version;
        Assert.Equal(6, version());
        Assert.Equal(ErrorCode.Shutdown, Assert.Throws<RealmException>(() => LoadedModels.LeasePath(Golden.TinyAtlas, new ModelOptions())).Code);
        Thread.Sleep(20);
        Assert.Equal(notified, reader.Notified);
    }

    /// <summary>Runs in the copy.</summary>
    internal static void Idle()
    {
        delegate* unmanaged<uint, RealmError*, int> shutdown = &EngineExports.Shutdown;
        Assert.Equal(0, shutdown(0, null));
        Assert.Equal(35, Calls.Remove(1).Status);
    }

    private static void InACopy(string method)
    {
        var context = new AssemblyLoadContext(method);
        Assembly copy = context.LoadFromAssemblyPath(typeof(ShutdownTests).Assembly.Location);
        Assert.NotSame(typeof(ShutdownTests).Assembly, copy);
        copy.GetType(typeof(ShutdownTests).FullName!)!
            .GetMethod(method, BindingFlags.NonPublic | BindingFlags.Static)!
            .Invoke(null, BindingFlags.DoNotWrapExceptions, null, null, null);
    }
}
