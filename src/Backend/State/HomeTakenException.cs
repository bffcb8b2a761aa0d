namespace Pomegranate.Backend.State;

/// <summary>A replica has acknowledged another home of the session, or knows what this one does not.</summary>
internal sealed class HomeTakenException() : Exception("Another backend has become the session's home.");
