using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Akka.Actor;

namespace Pomegranate.Views;

/// <summary>
/// The apps' current views, as far as this node has heard: written by <see cref="ViewActor"/>, read by whoever has to know
/// whose word counts. Thread-safe.
/// </summary>
internal sealed class KnownViews
{
    private static readonly ConditionalWeakTable<ActorSystem, KnownViews> PerSystem = [];

    private readonly ConcurrentDictionary<string, View> _views = new(StringComparer.Ordinal);

    public IReadOnlyDictionary<string, View> All => _views;

    public static KnownViews Of(ActorSystem system) => PerSystem.GetValue(system, static _ => new KnownViews());

    public View? Of(string app) => _views.GetValueOrDefault(app);

    public void Set(string app, View view) => _views[app] = view;
}
