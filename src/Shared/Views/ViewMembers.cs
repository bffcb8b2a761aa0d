using System.Collections.Immutable;
using Akka.Cluster;

namespace Pomegranate.Views;

/// <summary>Who is in the cluster as this node is told, who is dead, who is to be gone on without, who asks to be let in or out.</summary>
internal sealed class ViewMembers(UniqueAddress self)
{
    private readonly HashSet<UniqueAddress> _wantIn = [];
    private readonly HashSet<UniqueAddress> _wantOut = [];
    private Dictionary<UniqueAddress, ViewMember> _byAddress = [];
    private ImmutableHashSet<UniqueAddress> _unwanted = [];
    private TimeSpan _lastDeath = TimeSpan.MinValue;

    /// <summary>Greater after each change: what was concluded before holds while it is the same.</summary>
    public int Revision { get; private set; }

    /// <summary>Everybody who is Up or leaving and not dead, this node included.</summary>
    public ImmutableArray<ViewMember> All { get; private set; } = [];

    /// <summary>Whose death is proven, or whom the cluster has downed or removed: none of them ever speaks again.</summary>
    public ImmutableHashSet<UniqueAddress> Dead { get; private set; } = [];

    /// <summary>Who asks for a view without it.</summary>
    public IReadOnlyCollection<UniqueAddress> WantOut => _wantOut;

    /// <summary>
    /// Who answers nothing any more, so that no lease of theirs runs. Others may not have heard it yet of one that leaves, and
    /// would have the next view wait for what they had granted it.
    /// </summary>
    public IEnumerable<UniqueAddress> Released => Dead.Union(_wantOut);

    public IEnumerable<UniqueAddress> Others => All.Select(m => m.Address).Where(m => !m.Equals(self));

    public bool IsEverybodyReachable => All.All(m => m.IsReachable);

    public void Set(IEnumerable<ViewMember> members, IReadOnlyCollection<UniqueAddress> dead, TimeSpan now)
    {
        _lastDeath = dead.All(Dead.Contains) ? _lastDeath : now;
        Dead = [.. dead];
        All = [.. members.Where(m => !Dead.Contains(m.Address))];
        _byAddress = All.ToDictionary(m => m.Address);
        _wantIn.RemoveWhere(m => !IsMember(m));
        _wantOut.RemoveWhere(m => !IsMember(m));
        Revision++;
    }

    /// <summary>
    /// Whether nobody was found dead for a while. Deaths are often proven when the network is whole again, a moment before
    /// this node hears that the others went on without it.
    /// </summary>
    public bool IsQuiet(TimeSpan now) => _lastDeath == TimeSpan.MinValue || now - _lastDeath >= ViewSettings.HeardWithin;

    public void SetUnwanted(IEnumerable<UniqueAddress> unwanted)
    {
        _unwanted = [.. unwanted];
        Revision++;
    }

    public void LetIn(UniqueAddress backend)
    {
        if (IsMember(backend) && _wantIn.Add(backend))
        {
            Revision++;
        }
    }

    public void LetOut(UniqueAddress backend)
    {
        if (_wantOut.Add(backend))
        {
            Revision++;
        }
    }

    public void AreIn(View view) => _wantIn.RemoveWhere(view.Includes);

    /// <summary>It never speaks again: it is dead, or those who downed it go on without it.</summary>
    public bool IsGone(UniqueAddress address) => Dead.Contains(address) || !IsMember(address);

    public bool IsMember(UniqueAddress address) => _byAddress.ContainsKey(address);

    public bool IsReachable(UniqueAddress address) => _byAddress.TryGetValue(address, out var member) && member.IsReachable;

    public bool IsSuspected(UniqueAddress address) => _byAddress.TryGetValue(address, out var member) && !member.IsReachable;

    public bool IsUnwanted(UniqueAddress address) => _unwanted.Contains(address);

    public bool WantsIn(UniqueAddress address) => _wantIn.Contains(address);

    public bool WantsOut(UniqueAddress address) => _wantOut.Contains(address);

    /// <summary>It is not to be in the next view.</summary>
    public bool IsOut(UniqueAddress address) => IsGone(address) || IsUnwanted(address) || WantsOut(address);
}
