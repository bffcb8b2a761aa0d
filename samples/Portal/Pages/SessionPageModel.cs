using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.Filters;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Portal.Shopping;

namespace Portal.Pages;

/// <summary>
/// A page that uses the visitor's session. Pages that do not (the guest page, errors) derive from
/// <see cref="PageModel"/>, and the layout then shows nothing that would touch the session.
/// </summary>
public abstract class SessionPageModel : PageModel
{
    /// <summary>A word about what has just been done; shown once, by the page shown next.</summary>
    [TempData]
    public string? Message { get; set; }

    internal Cart Cart => Cart.Of(HttpContext.Session);

    /// <summary>Loads the session before the page touches it: the first touch then never blocks a thread.</summary>
    public override async Task OnPageHandlerExecutionAsync(PageHandlerExecutingContext context, PageHandlerExecutionDelegate next)
    {
        await HttpContext.Session.LoadAsync(HttpContext.RequestAborted);
        await base.OnPageHandlerExecutionAsync(context, next);
    }
}
