using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Mvc;
using Pomegranate.Backend;

namespace Portal.Pages;

/// <summary>Signs out and gives the session up, cart, counter and all. Only ever posted to.</summary>
public sealed class SignOutModel : SessionPageModel
{
    /// <summary>An address somebody typed or bookmarked.</summary>
    public IActionResult OnGet() => RedirectToPage("/Index");

    /// <summary>Signs out.</summary>
    public async Task<IActionResult> OnPostAsync()
    {
        await HttpContext.SignOutAsync();
        await HttpContext.Session.AbandonAsync();
        Message = "You are signed out, and your session is gone.";
        return RedirectToPage("/Index");
    }
}
