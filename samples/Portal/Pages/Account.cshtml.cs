using Microsoft.AspNetCore.Authorization;
using Portal.Endpoints;

namespace Portal.Pages;

/// <summary>What the site knows of a signed-in visitor. Everybody else is sent to sign in.</summary>
[Authorize]
public sealed class AccountModel : SessionPageModel
{
    /// <summary>When this session signed in (UTC), unless it has expired since: the cookie may outlive it.</summary>
    public string SignedInAt => HttpContext.Session.GetString(SignInModel.SignedInAtAttribute) is { } at ? $"{at} UTC" : "an earlier session";

    /// <summary>The session's counter.</summary>
    public int Count => HttpContext.Session.GetInt32(CounterEndpoint.Attribute) ?? 0;
}
