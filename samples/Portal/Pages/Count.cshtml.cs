using Microsoft.AspNetCore.Mvc;
using Portal.Endpoints;

namespace Portal.Pages;

/// <summary>The session's counter, for people; <c>/counter</c> is the same one for programs.</summary>
public sealed class CountModel : SessionPageModel
{
    /// <summary>How often this session has counted.</summary>
    public int Value => HttpContext.Session.GetInt32(CounterEndpoint.Attribute) ?? 0;

    /// <summary>Counts one.</summary>
    public IActionResult OnPost()
    {
        CounterEndpoint.Increment(HttpContext.Session);
        return RedirectToPage();
    }
}
