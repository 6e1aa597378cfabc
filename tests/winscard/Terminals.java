// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The cardbridge authors

import javax.smartcardio.Card;
import javax.smartcardio.CardTerminal;
import javax.smartcardio.CardTerminals;
import javax.smartcardio.CommandAPDU;
import javax.smartcardio.TerminalFactory;

/** A Java program with a card: java Terminals.java TERMINAL APDU. */
class Terminals {
	static CardTerminals all;

	static void transmit(Card card, String apdu) throws Exception {
		byte[] bytes = new byte[apdu.length() / 2];
		for (int i = 0; i < bytes.length; i++)
			bytes[i] = (byte) Integer.parseInt(
				apdu.substring(2 * i, 2 * i + 2), 16);
		System.out.printf("%04X%n", card.getBasicChannel().transmit(
			new CommandAPDU(bytes)).getSW());
	}

	/** How another program fares that asks the card for something. */
	static void another(String terminal, String seconds) throws Exception {
		int code = new ProcessBuilder("timeout", seconds, "opensc-tool",
			"-r", terminal, "--atr").start().waitFor();
		System.out.println(code == 0 ? "done" : code == 124 ? "waits"
			: "fails: " + code);
	}

	/** Waits for the next change, and says where it was. */
	static void change(String what, CardTerminals.State state)
		throws Exception {
		if (!all.waitForChange(20000))
			System.out.println("nothing happens");
		for (CardTerminal t : all.list(state))
			System.out.println(what + " " + t.getName());
	}

	public static void main(String[] args) throws Exception {
		all = TerminalFactory.getDefault().terminals();
		for (CardTerminal t : all.list())
			System.out.println(t.getName());
		CardTerminal t = all.getTerminal(args[0]);
		System.out.println("present " + t.isCardPresent());
		Card card = t.connect("*");
		System.out.println(card.getProtocol());
		card.beginExclusive();
		transmit(card, args[1]);
		another(args[0], "0.5");
		card.endExclusive();
		another(args[0], "20");
		card.disconnect(true);
		all.waitForChange(1); // what is there now is no change
		System.out.println("waiting");
		change("removal", CardTerminals.State.CARD_REMOVAL);
		change("insertion", CardTerminals.State.CARD_INSERTION);
	}
}
