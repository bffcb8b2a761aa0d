namespace Portal.Pages;

/// <summary>The front page.</summary>
public sealed class IndexModel : SessionPageModel;
