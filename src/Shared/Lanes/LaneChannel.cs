namespace Pomegranate.Lanes;

/// <summary>What a lane is for: said in its greeting, never reused.</summary>
internal enum LaneChannel : byte
{
    /// <summary>A frontend's requests to a backend, and their answers.</summary>
    Requests = 1,

    /// <summary>The commits of a backend's sessions to another backend, and their acknowledgements.</summary>
    Replicas = 2,
}
