namespace Pomegranate.Campaign;

/// <summary>The campaign cannot run; the message says why and what to do, and is all that is shown.</summary>
internal sealed class CampaignException(string message) : Exception(message);
