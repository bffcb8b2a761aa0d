using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;

namespace Portal.Pages;

/// <summary>What a visitor sees when a page fails or does not exist. It uses no session: that may be what failed.</summary>
[IgnoreAntiforgeryToken] // A form whose token was refused is shown this page, as a POST, with the token it had.
[ResponseCache(Duration = 0, Location = ResponseCacheLocation.None, NoStore = true)]
public sealed class ErrorModel : PageModel
{
    /// <summary>The status of the answer.</summary>
    [BindProperty(SupportsGet = true)]
    public int Status { get; set; } = StatusCodes.Status500InternalServerError;
}
