using Realm.Formats;
using Realm.Generation;
using Realm.Gguf;
using Realm.Runtime;

namespace Realm.Abi;

/// <summary>
/// The models of Option 3, under ids for the whole process. An id comes from the content: 31 bits of its hash, the next free number where another model
/// has that; or it is the caller's wish. Several ids may stand for one model: each has a sequence of its own, the weights are shared.
/// <para>
/// The texts of errors are upstream's, without what upstream puts in front of them. That is the shim's (addon/stored.cc):
/// <c>Failed to store model: </c>, <c>Failed to get model: </c>, <c>Failed to remove model: </c>, <c>Failed to dequantize: </c>, and
/// <c>Model {id} not found: </c> a second time. <c>Failed to dequantize embeddings: </c> stands here.
/// </para>
/// </summary>
internal sealed unsafe class StoredModels
{
    private const uint LargestAutomaticId = 0x7FFFFFFF;

    private readonly Dictionary<uint, StoredModel> _models = [];
    private uint _lastOwnId = LargestAutomaticId;

    /// <summary>Stores a model.</summary>
    /// <param name="loaded">A lease, which this takes over.</param>
    /// <param name="wanted">The id wished for; 0: from the content.</param>
    /// <returns>Its id: the one it had, if it is stored already.</returns>
    /// <exception cref="RealmException"><see cref="ErrorCode.ModelExists"/>: another model has the id wished for.</exception>
    public uint Add(LoadedModel loaded, uint wanted)
    {
        bool kept = false;
        try
        {
            // Before the lock: it reads the whole file.
            UInt128 hash = loaded.ContentHash;
            lock (_models)
            {
                uint id = wanted != 0 ? Claim(wanted, loaded, hash) : Choose(loaded, hash);
                if (!_models.ContainsKey(id))
                {
                    _models.Add(id, new StoredModel(Share(loaded, hash), hash, wanted == 0));
                    kept = _models[id].Loaded == loaded;
                }
                return id;
            }
        }
        finally
        {
            if (!kept)
            {
                loaded.Release();
            }
        }
    }

    /// <summary>
    /// Stores a model under an id that nobody else is given, above those that come from content: a sequence of its own, which no other user of
    /// the same model can disturb.
    /// </summary>
    /// <param name="loaded">A lease, which this takes over.</param>
    public uint AddOwn(LoadedModel loaded)
    {
        bool kept = false;
        try
        {
            UInt128 hash = loaded.ContentHash;
            lock (_models)
            {
                do
                {
                    _lastOwnId = _lastOwnId == uint.MaxValue ? LargestAutomaticId + 1 : _lastOwnId + 1;
                }
                while (_models.ContainsKey(_lastOwnId));
                _models.Add(_lastOwnId, new StoredModel(loaded, hash, isAutomatic: false, isOwn: true));
                kept = true;
                return _lastOwnId;
            }
        }
        finally
        {
            if (!kept)
            {
                loaded.Release();
            }
        }
    }

    /// <summary>Forgets an id; memory goes with the last id of a model and the last call that uses it.</summary>
    /// <exception cref="RealmException"><see cref="ErrorCode.ModelNotFound"/>.</exception>
    public void Remove(uint id)
    {
        StoredModel? model;
        lock (_models)
        {
            if (!_models.Remove(id, out model))
            {
                throw NotFound(id);
            }
        }
        model.Dispose();
    }

    /// <summary>Works on a model, which stays there until the work is done, whoever removes it meanwhile.</summary>
    /// <exception cref="RealmException"><see cref="ErrorCode.ModelNotFound"/>, and those of the work.</exception>
    public void Use(uint id, Action<StoredModel> work)
    {
        LoadedModel loaded;
        StoredModel? model;
        lock (_models)
        {
            if (!_models.TryGetValue(id, out model))
            {
                throw NotFound(id);
            }
            loaded = model.Loaded;
            loaded.Lease();
        }
        try
        {
            work(model);
        }
        finally
        {
            loaded.Release();
        }
    }

    private uint Claim(uint wanted, LoadedModel loaded, UInt128 hash)
    {
        if (_models.TryGetValue(wanted, out StoredModel? there) && (there.IsOwn || !there.HasContent(loaded, hash)))
        {
            throw new RealmException(ErrorCode.ModelExists,
                $"Model ID {wanted} already exists with different model. Use a different ID or remove existing model.");
        }
        return wanted;
    }

    private uint Choose(LoadedModel loaded, UInt128 hash)
    {
        foreach ((uint id, StoredModel model) in _models)
        {
            if (model.IsAutomatic && model.HasContent(loaded, hash))
            {
                return id;
            }
        }
        uint chosen = Math.Max(1, (uint)hash & LargestAutomaticId);
        while (_models.TryGetValue(chosen, out StoredModel? there) && !there.HasContent(loaded, hash))
        {
            chosen = chosen == LargestAutomaticId ? 1 : chosen + 1;
        }
        return chosen;
    }

    /// <summary>The same content that is stored already, leased once more, or this one.</summary>
    private LoadedModel Share(LoadedModel loaded, UInt128 hash)
    {
        foreach (StoredModel model in _models.Values)
        {
            if (model.Loaded != loaded && model.HasContent(loaded, hash))
            {
                model.Loaded.Lease();
                return model.Loaded;
            }
        }
        return loaded;
    }

    private static RealmException NotFound(uint id) => new(ErrorCode.ModelNotFound, $"Model {id} not found");
}
